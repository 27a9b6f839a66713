package engine

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"ttpctl/internal/edit"
	"ttpctl/internal/event"
)

// A ruleReader fills a ParsedRule from the tree of its file.
type ruleReader struct {
	out   *ParsedRule
	diags Diagnostics
}

// A keySpec is one key that a mapping may hold.
type keySpec struct {
	name     string
	required bool
	read     func(r *ruleReader, key string, n *Node)
}

// keys reads the members of a mapping by specs and reports what is unknown or
// missing. A missing key is not reported beside an unknown one that was
// probably meant to be it.
func (r *ruleReader) keys(n *Node, where string, specs []keySpec) {
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.name
	}
	meant := map[string]bool{}
	for i, key := range n.Keys {
		j := slices.Index(names, key.Value)
		if j >= 0 {
			specs[j].read(r, key.Value, n.Items[i])
			continue
		}
		meant[edit.Closest(key.Value, names)] = true
		r.diags.add(unknownKey(key, where, names))
	}
	for _, s := range specs {
		if s.required && n.member(s.name) == nil && !meant[s.name] {
			r.diags.add(NewDiagnostic(CodeMissingKey, n.Span, "%s lacks the key %s", where, s.name))
		}
	}
}

func unknownKey(key *Node, where string, names []string) Diagnostic {
	d := NewDiagnostic(CodeUnknownKey, key.Span, "%s has no key %q", where, short(key.Value))
	if key.Value == "<<" {
		return d.WithHelp("merge keys are not supported: write the keys out")
	}
	d.Help = didYouMean(key.Value, names)
	return d
}

// ruleKeys are the keys of a rule (EVENTS.md section 3).
func ruleKeys() []keySpec {
	return []keySpec{
		{"rule_id", true, func(r *ruleReader, k string, n *Node) { r.out.ID = r.text(k, n) }},
		{"rule_version", true, func(r *ruleReader, k string, n *Node) { r.out.Version = r.integer(k, n) }},
		{"name", true, func(r *ruleReader, k string, n *Node) { r.out.Name = r.text(k, n) }},
		{"description", true, func(r *ruleReader, k string, n *Node) { r.out.Description = r.text(k, n) }},
		{"attack_release", false, func(r *ruleReader, k string, n *Node) { r.out.AttackRelease = r.text(k, n) }},
		{"last_reviewed", false, func(r *ruleReader, k string, n *Node) { r.out.LastReviewed = r.date(k, n) }},
		{"next_review", false, func(r *ruleReader, k string, n *Node) { r.out.NextReview = r.date(k, n) }},
		{"applies_to", true, func(r *ruleReader, k string, n *Node) { r.out.AppliesTo = r.texts(k, n) }},
		{"match", true, (*ruleReader).match},
		{"emits", true, (*ruleReader).emits},
		{"evidence_fields", false, func(r *ruleReader, k string, n *Node) { r.out.EvidenceFields = r.texts(k, n) }},
		{"examples", false, (*ruleReader).examples},
		{"false_positives", false, func(r *ruleReader, k string, n *Node) { r.out.FalsePositives = r.texts(k, n) }},
		{"changes", false, (*ruleReader).changes},
	}
}

func (r *ruleReader) rule(n *Node) { r.keys(n, "the rule", ruleKeys()) }

func (r *ruleReader) match(key string, n *Node) {
	if r.shape(key, n, Mapping, "a mapping of operators") {
		r.out.Match = n
	}
}

func (r *ruleReader) examples(key string, n *Node) {
	if !r.shape(key, n, Mapping, "a mapping with match and no_match") {
		return
	}
	read := func(into *[]*Node) func(*ruleReader, string, *Node) {
		return func(r *ruleReader, key string, n *Node) {
			if r.shape(key, n, Sequence, "a list of examples") {
				*into = n.Items
			}
		}
	}
	r.keys(n, "examples", []keySpec{
		{"match", false, read(&r.out.MatchExamples)},
		{"no_match", false, read(&r.out.OtherExamples)},
	})
}

func (r *ruleReader) emits(key string, n *Node) {
	if !r.shape(key, n, Sequence, "a list of mappings") {
		return
	}
	if len(n.Items) == 0 {
		r.diags.add(newDiag(CodeMalformed, n.Span, "emits is empty: a rule emits at least one technique"))
	}
	for _, item := range n.Items {
		if r.shape("an entry of emits", item, Mapping, "a mapping with tactic, technique_id and confidence") {
			r.emit(item)
		}
	}
}

func (r *ruleReader) emit(n *Node) {
	e := ParsedEmit{Span: n.Span}
	r.keys(n, "the emit", []keySpec{
		{"tactic", true, func(r *ruleReader, k string, n *Node) { e.Tactic = r.text(k, n) }},
		{"technique_id", true, func(r *ruleReader, k string, n *Node) { e.Technique = r.text(k, n) }},
		{"sub_technique_id", false, func(r *ruleReader, k string, n *Node) { e.SubTechnique = r.text(k, n) }},
		{"confidence", true, func(r *ruleReader, k string, n *Node) { e.Confidence = r.number(k, n) }},
	})
	r.out.Emits = append(r.out.Emits, e)
}

func (r *ruleReader) changes(key string, n *Node) {
	if !r.shape(key, n, Sequence, "a list of mappings") {
		return
	}
	for _, item := range n.Items {
		if r.shape("an entry of changes", item, Mapping, "a mapping with version, what and why") {
			r.change(item)
		}
	}
}

func (r *ruleReader) change(n *Node) {
	var c ParsedChange
	r.keys(n, "the change", []keySpec{
		{"version", true, func(r *ruleReader, k string, n *Node) { c.Version = r.integer(k, n) }},
		{"what", true, func(r *ruleReader, k string, n *Node) { c.What = r.text(k, n) }},
		{"why", true, func(r *ruleReader, k string, n *Node) { c.Why = r.text(k, n) }},
	})
	r.out.Changes = append(r.out.Changes, c)
}

func (r *ruleReader) shape(key string, n *Node, want NodeKind, what string) bool {
	if n.Kind == want {
		return true
	}
	d := wrongType(key, what, n)
	if want == Sequence && n.isText() {
		d = d.WithHelp("write [%s]", short(n.Value))
	}
	r.diags.add(d)
	return false
}

func wrongType(key, want string, n *Node) Diagnostic {
	return NewDiagnostic(CodeType, n.Span, "%s wants %s, got %s", key, want, n.describe())
}

// short cuts a value for a message to one short line.
func short(s string) string {
	const limit = 40
	line, _, _ := strings.Cut(s, "\n")
	if len(line) < len(s) || len(line) > limit {
		return event.CutText(line, limit) + "..."
	}
	return line
}

func (r *ruleReader) text(key string, n *Node) At[string] {
	if n.isText() {
		return At[string]{n.Value, n.Span}
	}
	d := wrongType(key, "a string", n)
	if n.Kind == Scalar && n.Tag != "!!null" {
		d = d.WithHelp("quote it: %q", short(n.Value))
	}
	r.diags.add(d)
	return At[string]{}
}

// date reads a date, which YAML also knows as a type of its own.
func (r *ruleReader) date(key string, n *Node) At[string] {
	if n.Kind == Scalar && n.Tag == "!!timestamp" {
		return At[string]{n.Value, n.Span}
	}
	return r.text(key, n)
}

func (r *ruleReader) texts(key string, n *Node) []At[string] {
	if !r.shape(key, n, Sequence, "a list of strings") {
		return nil
	}
	var out []At[string]
	for _, item := range n.Items {
		t := r.text("an entry of "+key, item)
		if t.Span == (Span{}) {
			continue
		}
		if i := slices.IndexFunc(out, func(o At[string]) bool { return o.V == t.V }); i >= 0 {
			r.diags.add(NewDiagnostic(CodeMalformed, t.Span, "%s stands twice in %s", short(t.V), key))
			continue
		}
		out = append(out, t)
	}
	if len(n.Items) == 0 && key == "applies_to" {
		r.diags.add(newDiag(CodeMalformed, n.Span, "applies_to is empty: a rule is for at least one kind of event"))
	}
	return out
}

func (r *ruleReader) integer(key string, n *Node) At[int] {
	if n.Kind == Scalar && n.Tag == "!!int" {
		v, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 32)
		if err != nil {
			r.diags.add(NewDiagnostic(CodeMalformed, n.Span, "%s is no whole number up to %d", key, math.MaxInt32))
			return At[int]{}
		}
		return At[int]{int(v), n.Span}
	}
	d := wrongType(key, "a whole number", n)
	if n.Kind == Scalar && n.Tag == "!!float" {
		d.Message = fmt.Sprintf("%s wants a whole number, got %s", key, short(n.Value))
	}
	r.diags.add(unquoted(d, n))
	return At[int]{}
}

func (r *ruleReader) number(key string, n *Node) At[float64] {
	if v, ok := n.number(); ok {
		return At[float64]{v, n.Span}
	}
	r.diags.add(unquoted(wrongType(key, "a number", n), n))
	return At[float64]{}
}

// unquoted adds the advice to take off the quotes of a number.
func unquoted(d Diagnostic, n *Node) Diagnostic {
	if !n.isText() {
		return d
	}
	if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
		return d.WithHelp("leave the quotes out: %s", fmt.Sprint(v))
	}
	return d
}

// number returns the value of a YAML number, which may be infinite or not a
// number.
func (n *Node) number() (float64, bool) {
	if n.Kind != Scalar || n.Tag != "!!int" && n.Tag != "!!float" {
		return 0, false
	}
	text := strings.ReplaceAll(n.Value, "_", "")
	if v, err := strconv.ParseInt(text, 0, 64); err == nil {
		return float64(v), true
	}
	switch strings.ToLower(strings.TrimPrefix(text, "+")) {
	case ".nan":
		return math.NaN(), true
	case ".inf":
		return math.Inf(1), true
	case "-.inf":
		return math.Inf(-1), true
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}
