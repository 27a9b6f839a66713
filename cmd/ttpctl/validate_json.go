package main

import (
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
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Notes    int `json:"notes"`
}

// envelope returns the validation as `-o json` writes it.
func (v *validation) envelope() *report.Envelope {
	e := newEnvelope("ttpctl.validate/v1", v.err)
	e.RulesetHash = v.hash
	all := []jsonDiagnostic{}
	for i := range v.diags {
		all = append(all, toJSON(&v.diags[i]))
	}
	e.Data = map[string]any{"diagnostics": all}
	e.Summary = jsonSummary{
		Files:    len(v.sources),
		Valid:    v.rules,
		Errors:   v.diags.Count(engine.Error),
		Warnings: v.diags.Count(engine.Warning),
		Notes:    v.diags.Count(engine.Note),
	}
	return e
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
