// Package findings shows what is wrong with rules: the diagnostics of the
// compiler, for people ([Listing]) and for machines (JSON, SARIF, JUnit,
// workflow commands of GitHub).
//
// A [Report] is what one validation found. It is written as often as there are
// outputs, and not changed by that. Rule files are strangers' files: whatever
// of them people read passes through package escape, and an excerpt shows a
// bounded part of a line.
//
// For example:
//
//	rs, diags := engine.Compile(sources, cfg)
//	r := findings.Report{Sources: sources, Valid: len(rs.Rules()), Diagnostics: diags}
//	err := r.Write("sarif", w, report.Palette{})
package findings

import (
	"fmt"
	"io"

	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// A Report is what came out of checking rules.
type Report struct {
	Sources     []engine.Source
	Valid       int // rules
	Replaced    int // rules, by those of a higher layer
	Diagnostics engine.Diagnostics
	Problems    []report.Problem // of the tool: what could not be read
	Meta        report.Meta
	Dir         string // the working directory, to which published paths are relative
}

// formats are the forms of a Report.
var formats = [...]struct {
	name  string
	write func(r *Report, w io.Writer, p report.Palette) error
}{
	{"table", (*Report).list},
	{"json", (*Report).json},
	{"sarif", (*Report).sarif},
	{"junit", (*Report).junit},
	{"github", (*Report).github},
}

// Formats returns the names that Write knows.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// Write writes the report in a format.
func (r *Report) Write(format string, w io.Writer, p report.Palette) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(r, w, p)
		}
	}
	return fmt.Errorf("unknown output format %q", format)
}

func (r *Report) list(w io.Writer, p report.Palette) error {
	return NewListing(w, p, r.Sources).Write(r.Diagnostics)
}

// Summary returns the line that ends a run.
func (r *Report) Summary() string {
	line := fmt.Sprintf("%s, %s valid: %s, %s", report.Plural(len(r.Sources), "rule file"), report.Grouped(r.Valid),
		report.Plural(r.Diagnostics.Count(engine.Error), "error"), report.Plural(r.Diagnostics.Count(engine.Warning), "warning"))
	if n := r.Diagnostics.Count(engine.Note); n > 0 {
		line += ", " + report.Plural(n, "note")
	}
	if r.Replaced > 0 {
		line += ", " + report.Grouped(r.Replaced) + " replaced by a later layer"
	}
	return line + " (ATT&CK " + r.Meta.AttackRelease + ")"
}
