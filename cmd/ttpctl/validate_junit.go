package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

// The JUnit XML that CI systems read: a suite, a case for every file.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Failure *junitMessage `xml:"failure"` // the file's errors
		Error   *junitMessage `xml:"error"`   // the tool's
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit writes the validation as JUnit XML.
func (v *validation) junit(w io.Writer) error {
	suite := junitSuite{Name: "ttpctl validate"}
	for _, f := range v.byFile() {
		suite.Cases = append(suite.Cases, fileCase(f.name, f.diags))
		if f.diags.HasErrors() {
			suite.Failures++
		}
	}
	for _, t := range problems(v.err) {
		m := escape.XML(t.Message)
		suite.Cases = append(suite.Cases, junitCase{Name: "input", Class: "ttpctl", Error: &junitMessage{m, m}})
		suite.Errors++
	}
	suite.Tests = len(suite.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// fileCase returns the case of one file: failed by its errors, with the rest
// as its output.
func fileCase(name string, diags engine.Diagnostics) junitCase {
	c := junitCase{Name: escape.XML(name), Class: "ttpctl.validate"}
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
		c.Failure = &junitMessage{report.Plural(n, "error"), escape.XML(failures.String())}
	}
	c.Out = escape.XML(rest.String())
	return c
}

// fileDiagnostics are the diagnostics of one file.
type fileDiagnostics struct {
	name  string
	diags engine.Diagnostics
}

// byFile returns every file checked, in the order of reading, then those that
// only have diagnostics.
func (v *validation) byFile() []fileDiagnostics {
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
	for _, src := range v.sources {
		add(src.Name)
	}
	for _, d := range v.diags {
		i := add(d.File)
		files[i].diags = append(files[i].diags, d)
	}
	return files
}
