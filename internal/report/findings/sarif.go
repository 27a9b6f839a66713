package findings

import (
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// The part of SARIF 2.1.0 (OASIS) that validate writes.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		ColumnKind  string            `json:"columnKind"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            engine.Code  `json:"id"`
		Short         sarifMessage `json:"shortDescription"`
		Full          sarifMessage `json:"fullDescription"`
		Help          sarifMessage `json:"help"`
		Configuration sarifLevel   `json:"defaultConfiguration"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string       `json:"level"`
		Message sarifMessage `json:"message"`
	}
	sarifResult struct {
		RuleID    engine.Code     `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
)

// sarif writes the report as a SARIF log of one run.
func (r *Report) sarif(w io.Writer, _ report.Palette) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "ttpctl", Version: r.Meta.ToolVersion}},
		ColumnKind:  "unicodeCodePoints",
		Invocations: []sarifInvocation{{Successful: len(r.Problems) == 0}},
		Results:     []sarifResult{},
	}
	index := map[engine.Code]int{}
	for i, c := range engine.Codes() {
		index[c.Code] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: c.Code, Short: sarifMessage{c.Title}, Full: sarifMessage{c.Text}, Help: sarifMessage{c.Text},
			Configuration: sarifLevel{c.Severity.String()},
		})
	}
	for _, t := range r.Problems {
		n := &run.Invocations[0].Notifications
		*n = append(*n, sarifNotification{"error", sarifMessage{t.Message}})
	}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		run.Results = append(run.Results, sarifResult{
			RuleID: d.Code, RuleIndex: index[d.Code], Level: d.Severity.String(),
			Message:   sarifMessage{messageAndHelp(d)},
			Locations: []sarifLocation{{sarifPhysical{sarifArtifact{relativeURI(r.Dir, d.File)}, region(d.Span)}}},
		})
	}
	return report.WriteJSON(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func region(s engine.Span) *sarifRegion {
	if s.Start.Line == 0 {
		return nil
	}
	end := endOf(s)
	return &sarifRegion{s.Start.Line, s.Start.Col, end.Line, end.Col}
}

// relativeURI returns file as a URI relative to dir: findings are published,
// and say nothing of the machine they were made on. Without dir, an absolute
// name loses its directories.
func relativeURI(dir, file string) string {
	if filepath.IsAbs(file) {
		rel, err := filepath.Rel(dir, file)
		if err != nil || dir == "" {
			rel = filepath.Base(file)
		}
		file = rel
	}
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(file))}
	return u.String()
}

// messageAndHelp returns what a diagnostic says where there are no carets to
// stand beneath: message, label and help, each a line.
func messageAndHelp(d *engine.Diagnostic) string {
	lines := []string{d.Message}
	if d.Label != "" {
		lines[0] += ": " + d.Label
	}
	return strings.Join(append(lines, d.Help...), "\n")
}
