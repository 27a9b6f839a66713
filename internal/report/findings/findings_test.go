package findings

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// hostile is text that would move a terminal's cursor and reverse its line.
const hostile = "a\x1b[2J\u009b1m\u202eb\nfaked line"

// hostileValidation is hostile in every text that a renderer shows.
func hostileValidation() *Report {
	src := engine.Source{Name: "dir/" + hostile + ".yaml", Data: []byte("key: " + hostile + "\n")}
	return &Report{
		Sources: []engine.Source{src},
		Diagnostics: engine.Diagnostics{{
			Code: engine.CodeUnknownKey, Severity: engine.Error, File: src.Name, Span: span(1, 6, 9),
			Message: hostile, Label: hostile, Help: []string{hostile},
		}, {
			Code: engine.CodeLowConfidence, Severity: engine.Warning, File: src.Name, Message: "::set-env name=x::" + hostile,
		}},
		Problems: []report.Problem{{Message: hostile}},
	}
}

func TestRenderersEscape(t *testing.T) {
	for _, format := range Formats() {
		t.Run(format, func(t *testing.T) {
			var b bytes.Buffer
			if err := hostileValidation().Write(format, &b, report.Palette{}); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "\x1b") {
				t.Errorf("-o %s writes an escape character: %q", format, b.String())
			}
			for line := range strings.Lines(b.String()) {
				if strings.HasPrefix(line, "faked") {
					t.Errorf("-o %s lets the input begin a line: %q", format, line)
				}
			}
			checkFormat(t, format, b.Bytes())
		})
	}
}

// checkFormat asserts what a reader of the format relies on.
func checkFormat(t *testing.T, format string, data []byte) {
	t.Helper()
	switch format {
	case "json", "sarif":
		if !json.Valid(data) {
			t.Errorf("-o %s is not JSON: %s", format, data)
		}
	case "junit":
		var suites struct {
			Suite report.JUnit `xml:"testsuite"`
		}
		if err := xml.Unmarshal(data, &suites); err != nil || suites.Suite.Tests != 2 || suites.Suite.Errors != 1 {
			t.Errorf("-o junit is %+v, %v; want a case of the file and one of the error", suites, err)
		}
		if bytes.ContainsRune(data, '\uFFFD') {
			t.Errorf("-o junit loses characters: %q", data)
		}
	case "github":
		if n := bytes.Count(data, []byte("\n")); n != 3 {
			t.Errorf("-o github writes %d lines, want one each for 2 diagnostics and 1 error: %q", n, data)
		}
	case "table":
		if bytes.ContainsAny(data, "\u009b\u202e") {
			t.Errorf("-o table writes invisible characters: %q", data)
		}
	}
}
