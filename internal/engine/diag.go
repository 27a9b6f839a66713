package engine

import (
	"cmp"
	"fmt"
	"slices"
	"ttpctl/internal/sorting"
)

// A Severity ranks diagnostics.
type Severity uint8

// The severities. Only errors keep a rule out of the ruleset.
const (
	Note Severity = iota
	Warning
	Error
)

var severityNames = [...]string{Note: "note", Warning: "warning", Error: "error"}

// String returns the severity as diagnostics and SARIF spell it.
func (s Severity) String() string { return severityNames[s] }

// A Code names one kind of problem. A code never changes meaning; the table
// in codes.go gives severity, title, text and example.
type Code string

// A Pos is a place in a source: 1-based line, and column in characters. The
// zero Pos is the file as a whole.
type Pos struct{ Line, Col int }

// A Span is a range of a source; End is exclusive. An End at or before Start
// is one character.
type Span struct{ Start, End Pos }

// A Diagnostic is one problem at one place.
type Diagnostic struct {
	Code     Code
	Severity Severity
	File     string
	Span     Span
	Message  string   // one line, lower case: what is wrong
	Label    string   // what stands behind the carets, "" = nothing
	Help     []string // what to write instead
	RuleID   string   // of the rule that the file holds, "" when unreadable
}

// Error returns the diagnostic on one line, `file:line:col: severity[code]: message`.
func (d *Diagnostic) Error() string {
	if d.Span.Start.Line == 0 {
		return fmt.Sprintf("%s: %s[%s]: %s", d.File, d.Severity, d.Code, d.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s[%s]: %s", d.File, d.Span.Start.Line, d.Span.Start.Col, d.Severity, d.Code, d.Message)
}

// Diagnostics are all problems found, not the first only.
type Diagnostics []Diagnostic

// Count returns how many diagnostics have severity s.
func (ds Diagnostics) Count(s Severity) int {
	n := 0
	for i := range ds {
		if ds[i].Severity == s {
			n++
		}
	}
	return n
}

// HasErrors reports whether one of the diagnostics is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Errors returns the diagnostics that are errors.
func (ds Diagnostics) Errors() Diagnostics {
	return slices.DeleteFunc(slices.Clone(ds), func(d Diagnostic) bool { return d.Severity != Error })
}

// Sort orders by file, position, code and message.
func (ds Diagnostics) Sort() {
	sorting.By(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Span.Start.Line, b.Span.Start.Line),
			cmp.Compare(a.Span.Start.Col, b.Span.Start.Col),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
