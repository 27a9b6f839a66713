package findings

import (
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// junit writes the report as JUnit XML, a case for every file.
func (r *Report) junit(w io.Writer, _ report.Palette) error {
	suite := report.JUnit{Name: "ttpctl validate"}
	for _, f := range r.byFile() {
		suite.Add(fileCase(f.name, f.diags))
	}
	for _, t := range r.Problems {
		suite.Add(report.JUnitCase{Name: "input", Class: "ttpctl", Error: &report.JUnitMessage{Message: t.Message, Text: t.Message}})
	}
	return suite.Write(w)
}

// fileCase returns the case of one file: failed by its errors, with the rest
// as its output.
func fileCase(name string, diags engine.Diagnostics) report.JUnitCase {
	c := report.JUnitCase{Name: name, Class: "ttpctl.validate"}
	var failures, rest strings.Builder
	for i := range diags {
		d := &diags[i]
		b := &rest
		if d.Severity == engine.Error {
			b = &failures
		}
		fmt.Fprintf(b, "%s: %s[%s]: %s\n", place(d), d.Severity, d.Code, messageAndHelp(d))
	}
	if n := diags.Count(engine.Error); n > 0 {
		c.Failure = &report.JUnitMessage{Message: report.Plural(n, "error"), Text: failures.String()}
	}
	c.Out = rest.String()
	return c
}

// fileDiagnostics are the diagnostics of one file.
type fileDiagnostics struct {
	name  string
	diags engine.Diagnostics
}

// byFile returns every file checked, in the order of reading, then those that
// only have diagnostics.
func (r *Report) byFile() []fileDiagnostics {
	var files []fileDiagnostics
	at := map[string]int{}
	add := func(name string) int {
		i, ok := at[name]
		if !ok {
			i = len(files)
			at[name] = i
			files = append(files, fileDiagnostics{name: name})
		}
		return i
	}
	for _, src := range r.Sources {
		add(src.Name)
	}
	for _, d := range r.Diagnostics {
		i := add(d.File)
		files[i].diags = append(files[i].diags, d)
	}
	return files
}
