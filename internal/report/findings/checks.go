package findings

import (
	"fmt"
	"io"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// A Check is a row of the table of codes: what a diagnostic of it means.
type Check struct {
	Code     engine.Code `json:"code"`
	Severity string      `json:"severity"`
	Title    string      `json:"title"`
	Text     string      `json:"text"`
	Example  string      `json:"example,omitempty"`
}

// NewCheck returns a row as results have it.
func NewCheck(c engine.CodeInfo) Check {
	return Check{c.Code, c.Severity.String(), c.Title, c.Text, c.Example}
}

// Checks returns the table of codes.
func Checks() []Check {
	var all []Check
	for _, c := range engine.Codes() {
		all = append(all, NewCheck(c))
	}
	return all
}

// Write explains the check to people; w keeps the first error.
func (c *Check) Write(w io.Writer, p report.Palette) {
	fmt.Fprintf(w, "%s: %s (%s)\n\n%s\n", p.Bold(string(c.Code)), c.Title, c.Severity, c.Text)
	if c.Example != "" {
		fmt.Fprintf(w, "\nFor example, this rule has the problem:\n\n%s\n", indent(c.Example))
	}
}

// WriteLine lists the check for people; w keeps the first error.
func (c *Check) WriteLine(w io.Writer) {
	fmt.Fprintf(w, "%s  %-7s  %s\n", c.Code, c.Severity, c.Title)
}

// indent sets text off by four spaces.
func indent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = "    " + l
		}
	}
	return strings.Join(lines, "\n")
}
