package engine

import "strings"

// notes checks what a rule says of itself for its page: the false positives
// that are known, and what its versions changed.
func (l *linter) notes() {
	for _, a := range l.p.FalsePositives {
		l.rule.FalsePositives = append(l.rule.FalsePositives, l.sentence("an entry of false_positives", a))
	}
	last := 1 // the first version changed nothing
	for _, c := range l.p.Changes {
		l.change(c, last)
		last = max(last, c.Version.V)
	}
}

// change checks one entry of changes; last is the version of the entry before.
func (l *linter) change(c ParsedChange, last int) {
	if v := c.Version; v.given() && (v.V <= last || l.p.Version.given() && v.V > l.p.Version.V) {
		l.diags.add(NewDiagnostic(CodeMalformed, v.Span, "changes tell of version %d after version %d, of a rule of version %d", v.V, last, l.p.Version.V).
			WithHelp("one entry a version, from 2 up to rule_version"))
	}
	l.rule.Changes = append(l.rule.Changes, Change{c.Version.V, l.sentence("what", c.What), l.sentence("why", c.Why)})
}

// sentence returns a text for people on one line, and reports an empty one.
func (l *linter) sentence(key string, a At[string]) string {
	text := strings.Join(strings.Fields(a.V), " ")
	if a.given() && text == "" {
		l.diags.add(NewDiagnostic(CodeMalformed, a.Span, "%s is empty", key))
	}
	return text
}
