package engine

import (
	"slices"
	"strconv"
	"strings"

	"ttpctl/internal/event"
)

// onSessions reports a block that looks at a session that closes where the
// kind is another.
func (b *matchBuilder) onSessions(n *Node, block string) bool {
	if b.kind != event.KindSession {
		b.errorf(CodeBlockKind, n, "%s looks at a session that closes, and this is for %s events", block, b.kind)
		return false
	}
	return true
}

// countBlock compiles count: {of: BLOCK, min: N}.
func (b *matchBuilder) countBlock(n *Node, depth int) condition {
	of, least := n.member("of"), n.member("min")
	if !b.onSessions(n, "count") || !b.onlyKeys(n, "count", "of", "min") {
		return nil
	}
	if of == nil || least == nil {
		b.errorf(CodeMissingKey, n, "count wants of and min: {of: {effect: {reads: any}}, min: 3}")
		return nil
	}
	k, ok := b.positive(least, "min")
	if !ok {
		return nil
	}
	return b.overCommands(of, depth, k)
}

// everyBlock compiles every: BLOCK.
func (b *matchBuilder) everyBlock(n *Node, depth int) condition {
	if !b.onSessions(n, "every") {
		return nil
	}
	return b.overCommands(n, depth, 0)
}

func (b *matchBuilder) overCommands(n *Node, depth, least int) condition {
	outer, lines := b.kind, b.line
	defer func() { b.kind, b.line = outer, lines }()
	b.kind, b.line = event.KindCommand, false
	t := &commandsTest{of: b.block(n, depth+1), least: least}
	t.known, t.bit = b.places.next()
	var ids []event.FieldID
	t.of.reads(&ids)
	needs := event.NewFieldSet()
	for _, id := range ids {
		needs.Add(id)
	}
	t.derived = &Ruleset{derived: derivationFor(needs, nil, nil)}
	if b.line {
		t.derived.derived.programs, t.derived.derived.view = b.table, true
	}
	return t
}

// techniquesBlock compiles techniques: {tactic: TA0007, min: 4}.
func (b *matchBuilder) techniquesBlock(n *Node, _ int) condition {
	tactic, least := n.member("tactic"), n.member("min")
	if !b.onSessions(n, "techniques") || !b.onlyKeys(n, "techniques", "tactic", "min") {
		return nil
	}
	if tactic == nil || least == nil {
		b.errorf(CodeMissingKey, n, "techniques wants tactic and min: {tactic: TA0007, min: 4}")
		return nil
	}
	k, ok := b.positive(least, "min")
	if _, known := b.catalogue.Tactic(tactic.Value); !known {
		d := NewDiagnostic(CodeUnknownTactic, tactic.Span, "ATT&CK %s has no tactic %q", b.catalogue.Release(), short(tactic.Value))
		b.report(d)
		ok = false
	}
	if !ok {
		return nil
	}
	b.tallies = true
	return &techniquesTest{tactic.Value, k}
}

func (b *matchBuilder) onlyKeys(n *Node, block string, names ...string) bool {
	if n.Kind != Mapping {
		b.errorf(CodeType, n, "%s wants %s, got %s", block, strings.Join(names, " and "), n.describe())
		return false
	}
	ok := true
	for _, key := range n.Keys {
		if !slices.Contains(names, key.Value) {
			d := NewDiagnostic(CodeMember, key.Span, "%s has no key %q", block, short(key.Value))
			d.Help = didYouMean(key.Value, names)
			b.report(d)
			ok = false
		}
	}
	return ok
}

func (b *matchBuilder) positive(n *Node, key string) (int, bool) {
	v, ok := n.number()
	if !ok || v < 1 || v > 100_000 || v != float64(int(v)) {
		b.errorf(CodeType, n, "%s wants a whole number from 1 on, got %s", key, n.describe())
		return 0, false
	}
	return int(v), true
}

// valueOperators are the operators over numbers and booleans.
var valueOperators = []string{"min", "max", "is"}

func isValueOperator(key string) bool { return slices.Contains(valueOperators, key) }

// valueTest compiles min, max and is; nil when there are none, or they are
// wrong.
func (b *matchBuilder) valueTest(n *Node) condition {
	t, asked, ok := &valueTest{}, false, true
	for i, key := range n.Keys {
		if isValueOperator(key.Value) {
			asked = true
			ok = t.read(b, key.Value, n.Items[i]) && ok
		}
	}
	if t.least != nil && t.most != nil && *t.least > *t.most {
		b.errorf(CodeType, n, "min is above max: no number is between them")
		return nil
	}
	if !asked || !ok {
		return nil
	}
	ref, ok := b.fieldNamed(n)
	if !ok {
		return nil
	}
	typ := ref.ID.Field().Type
	if want := t.is == nil; want && typ != event.TypeNumber || !want && typ != event.TypeBool {
		b.errorf(CodeNoText, n, "%s is a %s: min and max compare numbers, is a boolean", ref.ID.Field().Name, typ)
		return nil
	}
	t.ref = ref
	return t
}

func (t *valueTest) read(b *matchBuilder, key string, n *Node) bool {
	t.asked = append(t.asked, Check{Key: key, Asked: []string{n.Value}})
	if key == "is" {
		if n.Kind != Scalar || n.Tag != "!!bool" {
			b.errorf(CodeType, n, "is wants true or false, got %s", n.describe())
			return false
		}
		v := strings.EqualFold(n.Value, "true")
		t.is = &v
		return true
	}
	v, ok := n.number()
	if !ok {
		b.errorf(CodeType, n, "%s wants a number, got %s", key, strconv.Quote(short(n.Value)))
		return false
	}
	if key == "min" {
		t.least = &v
	} else {
		t.most = &v
	}
	return true
}
