package findings

import (
	"io"

	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// jsonDiagnostic is a diagnostic as JSON has it. A line of 0 is the file as a
// whole; columns count characters, end_column is exclusive.
type jsonDiagnostic struct {
	Code      engine.Code `json:"code"`
	Severity  string      `json:"severity"`
	File      string      `json:"file"`
	Line      int         `json:"line"`
	Column    int         `json:"column"`
	EndLine   int         `json:"end_line"`
	EndColumn int         `json:"end_column"`
	Message   string      `json:"message"`
	Label     string      `json:"label,omitempty"`
	Help      []string    `json:"help,omitempty"`
	RuleID    string      `json:"rule_id,omitempty"`
}

// jsonSummary counts what was checked.
type jsonSummary struct {
	Files    int `json:"files"`
	Valid    int `json:"valid"`
	Replaced int `json:"replaced,omitempty"` // by those of a later layer
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Notes    int `json:"notes"`
}

// json writes the report in an envelope.
func (r *Report) json(w io.Writer, _ report.Palette) error {
	all := []jsonDiagnostic{}
	for i := range r.Diagnostics {
		all = append(all, toJSON(&r.Diagnostics[i]))
	}
	e := report.Envelope{Schema: "ttpctl.validate/v1", Meta: r.Meta, Problems: r.Problems}
	e.Data = map[string]any{"diagnostics": all}
	e.Summary = jsonSummary{
		Files:    len(r.Sources),
		Valid:    r.Valid,
		Replaced: r.Replaced,
		Errors:   r.Diagnostics.Count(engine.Error),
		Warnings: r.Diagnostics.Count(engine.Warning),
		Notes:    r.Diagnostics.Count(engine.Note),
	}
	return e.Write(w)
}

func toJSON(d *engine.Diagnostic) jsonDiagnostic {
	end := endOf(d.Span)
	return jsonDiagnostic{
		Code: d.Code, Severity: d.Severity.String(), File: d.File,
		Line: d.Span.Start.Line, Column: d.Span.Start.Col, EndLine: end.Line, EndColumn: end.Col,
		Message: d.Message, Label: d.Label, Help: d.Help, RuleID: d.RuleID,
	}
}

// endOf returns the exclusive end of a span: one character after its start
// where it has none.
func endOf(s engine.Span) engine.Pos {
	if s.Start.Line == 0 || s.End.Line > s.Start.Line || s.End.Line == s.Start.Line && s.End.Col > s.Start.Col {
		return s.End
	}
	return engine.Pos{Line: s.Start.Line, Col: s.Start.Col + 1}
}
