package engine

import (
	"fmt"
	"regexp"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
)

// maxMatchDepth bounds how deep all_of, any_of and none_of nest.
const maxMatchDepth = 8

// literalOperators are the operators that take literals: where the literal
// must stand, and whether the rule gives a list.
var literalOperators = map[string]struct {
	anchor    literalAnchor
	one, many bool
}{
	"contains":    {anywhere, true, true},
	"equals":      {whole, true, false},
	"in_set":      {whole, false, true},
	"starts_with": {atStart, true, false},
	"ends_with":   {atEnd, true, false},
}

// compositions are the operators that take lists of match blocks.
var compositions = map[string]func([]*block) condition{
	"all_of":  func(bs []*block) condition { return allOf(bs) },
	"any_of":  func(bs []*block) condition { return anyOf(bs) },
	"none_of": func(bs []*block) condition { return noneOf(bs) },
}

// matchKeys are the keys that a match block may hold.
var matchKeys = []string{
	"field", "pattern", "contains", "equals", "in_set", "starts_with", "ends_with", "ignore_case", "except",
	"all_of", "any_of", "none_of", "command", "effect",
	"sequence", "count", "every", "techniques", "min", "max", "is",
}

// buildMatch compiles a match block for each of the kinds.
func buildMatch(n *Node, kinds []event.Kind, cfg *Config) (Matcher, Diagnostics) {
	b := newMatchBuilder(kinds, cfg)
	m := b.build(n)
	return m, b.diags
}

func newMatchBuilder(kinds []event.Kind, cfg *Config) *matchBuilder {
	return &matchBuilder{quick: cfg.Quick, table: cfg.Programs, catalogue: cfg.Catalogue, machines: &machines{budget: cfg.machines}, places: cfg.places, kinds: kinds, patterns: map[*Node]compiledPattern{}, seen: map[diagKey]bool{}}
}

func (b *matchBuilder) build(n *Node) Matcher {
	m := &patternMatcher{machines: b.machines}
	if q := n.member("sequence"); q != nil && len(n.Keys) == 1 && q.member("over") != nil && q.member("over").Value != sequenceSpans[overLine] {
		return b.wholeSequence(q)
	}
	for _, k := range b.kinds {
		b.kind, b.purse = k, purse{}
		m.roots[k] = b.block(n, 1)
		if d, dear := b.purse.warning(); dear {
			b.report(d)
		}
	}
	m.line, m.tallies = b.line, b.tallies
	if !b.settled && !b.diags.HasErrors() {
		b.warnUnindexed(m, b.kinds)
	}
	return m
}

type compiledPattern struct {
	op   operator // without find, the pattern is not in order
	cost price
}

type diagKey struct {
	code Code
	span Span
	msg  string
}

// A matchBuilder compiles one rule's match, kind by kind; what is wrong in
// each kind is said once.
type matchBuilder struct {
	kind      event.Kind
	kinds     []event.Kind
	catalogue *attack.Catalogue
	tallies   bool // a block asks what the session was tagged with
	machines  *machines
	places    *knownPlaces // of the rules that are compiled together
	table     *program.Table
	line      bool // a block asks what the commands of a line do
	quick     bool // of the Config: nothing is priced
	settled   bool // nothing is wrong with the match, and what an index asks of it is known
	patterns  map[*Node]compiledPattern
	keys      []commandKey // of command blocks, once there is one
	purse     purse        // of the present kind
	first     *Node        // the first pattern or literal operator, for TTP031
	seen      map[diagKey]bool
	diags     Diagnostics
}

func (b *matchBuilder) report(d Diagnostic) {
	key := diagKey{d.Code, d.Span, d.Message}
	if !b.seen[key] {
		b.seen[key] = true
		b.diags = append(b.diags, d)
	}
}

func (b *matchBuilder) errorf(code Code, at *Node, format string, args ...any) {
	b.report(newDiag(code, at.Span, fmt.Sprintf(format, args...)))
}

func (b *matchBuilder) block(n *Node, depth int) *block {
	bl := &block{}
	if n.Kind != Mapping {
		b.errorf(CodeType, n, "a match block is a mapping; got %s", n.describe())
		return bl
	}
	if depth > maxMatchDepth {
		b.errorf(CodeDepth, n, "match blocks nest deeper than %d", maxMatchDepth)
		return bl
	}
	test := b.fieldTest(n)
	if t := b.valueTest(n); t != nil {
		bl.conditions = append(bl.conditions, t)
	}
	placed := false
	for i, key := range n.Keys {
		if make, ok := compositions[key.Value]; ok {
			if blocks, ok := b.blocks(n.Items[i], key.Value, depth); ok {
				bl.conditions = append(bl.conditions, make(blocks))
			}
			continue
		}
		if read := eventBlock(key.Value); read != nil {
			if c := read(b, n.Items[i], depth); c != nil {
				bl.conditions = append(bl.conditions, c)
			}
			continue
		}
		if test != nil && !placed && isOperator(key.Value) {
			bl.conditions, placed = append(bl.conditions, test), true
		}
	}
	bl.gate, bl.composed = gateOf(bl.conditions), onlyBlocks(bl.conditions)
	if len(bl.conditions) == 0 && !b.diags.HasErrors() {
		b.errorf(CodeMatchShape, n, "this match block has no operator: it says nothing")
	}
	return bl
}

func isOperator(key string) bool {
	_, literal := literalOperators[key]
	return literal || key == "pattern"
}

func (b *matchBuilder) blocks(n *Node, key string, depth int) ([]*block, bool) {
	if n.Kind != Sequence || len(n.Items) == 0 {
		b.errorf(CodeType, n, "%s wants a list of match blocks, got %s", key, n.describe())
		return nil, false
	}
	out := make([]*block, len(n.Items))
	for i, item := range n.Items {
		out[i] = b.block(item, depth+1)
	}
	return out, true
}

// fieldTest compiles the operators of n that read a field; nil when there
// are none or they are wrong.
func (b *matchBuilder) fieldTest(n *Node) *fieldTest {
	b.checkKeys(n)
	ignoreCase := b.ignoreCase(n)
	t, asked := &fieldTest{}, false
	for i, key := range n.Keys {
		if key.Value == "except" {
			t.except, t.excepted = b.patternList(n.Items[i]), operands(n.Items[i])
			continue
		}
		if !isOperator(key.Value) {
			continue
		}
		asked = true
		if b.first == nil {
			b.first = n.Items[i]
		}
		if op, ok := b.operator(key.Value, n.Items[i], ignoreCase); ok {
			t.operators = append(t.operators, op)
			t.spelled = append(t.spelled, Spelling{key.Value, operands(n.Items[i]), ignoreCase && key.Value != "pattern"})
		}
	}
	if !asked {
		return nil
	}
	// The field is checked even where the operator is broken: all problems
	// are reported, not the first only.
	ref, ok := b.fieldRef(n)
	if !ok || len(t.operators) == 0 {
		return nil
	}
	t.ref = ref
	b.spend(n, ref)
	return t
}

// spend notes what the patterns of block n cost on field ref.
func (b *matchBuilder) spend(n *Node, ref event.FieldRef) {
	weight := 1
	if ref.ID.Field().Derived {
		weight = derivedWeight
	}
	for i, key := range n.Keys {
		if key.Value == "pattern" || key.Value == "except" {
			b.spendOn(n.Items[i], weight)
		}
	}
}

// spendOn notes what a pattern, or a list of them, costs.
func (b *matchBuilder) spendOn(n *Node, weight int) {
	if n.Kind != Sequence {
		b.purse.spend(n, b.patterns[n].cost, weight)
		return
	}
	for _, item := range n.Items {
		b.purse.spend(item, b.patterns[item].cost, weight)
	}
}

func (b *matchBuilder) checkKeys(n *Node) {
	operators := false
	for _, key := range n.Keys {
		operators = operators || isOperator(key.Value) || isValueOperator(key.Value)
	}
	for i, key := range n.Keys {
		switch {
		case isOperator(key.Value) || compositions[key.Value] != nil || eventBlock(key.Value) != nil || isValueOperator(key.Value):
		case key.Value == "field" && !operators:
			b.errorf(CodeMatchShape, key, "field without an operator: say what its value must hold")
		case key.Value == "except" && !operators:
			b.errorf(CodeMatchShape, key, "except without an operator: say what the value must hold that is not excepted")
		case key.Value == "ignore_case" && !hasLiteralOperator(n):
			b.errorf(CodeMatchShape, key, "ignore_case goes with the literal operators; in a pattern write (?i)")
		case key.Value == "kind":
			b.errorf(CodeMatchShape, n.Items[i], "kind stands alone at the top of match: a lifter decides the whole rule")
		case key.Value != "field" && key.Value != "ignore_case" && key.Value != "except":
			d := newDiag(CodeUnknownKey, key.Span, fmt.Sprintf("unknown key %q in a match block", key.Value))
			d.Help = didYouMean(key.Value, matchKeys)
			b.report(d)
		}
	}
}

func hasLiteralOperator(n *Node) bool {
	for _, key := range n.Keys {
		if _, ok := literalOperators[key.Value]; ok {
			return true
		}
	}
	return false
}

func (b *matchBuilder) ignoreCase(n *Node) bool {
	v := n.member("ignore_case")
	if v == nil {
		return false
	}
	if v.Kind != Scalar || v.Tag != "!!bool" {
		b.errorf(CodeType, v, "ignore_case wants true or false, got %s", v.describe())
		return false
	}
	return strings.EqualFold(v.Value, "true")
}

// fieldRef resolves the block's field, which holds text, in the current kind.
func (b *matchBuilder) fieldRef(n *Node) (event.FieldRef, bool) {
	ref, ok := b.fieldNamed(n)
	if !ok {
		return event.FieldRef{}, false
	}
	if f := ref.ID.Field(); !f.Type.Text() {
		at := n
		if named := n.member("field"); named != nil {
			at = named
		}
		b.errorf(CodeNoText, at, "%s is a %s: text operators never hold on it", f.Name, f.Type)
		return event.FieldRef{}, false
	}
	return ref, true
}

// fieldNamed resolves the block's field in the current kind.
func (b *matchBuilder) fieldNamed(n *Node) (event.FieldRef, bool) {
	at, name := n, b.kind.DefaultField()
	if f := n.member("field"); f != nil {
		if f.Kind != Scalar || f.Tag != "!!str" {
			b.errorf(CodeType, f, "field wants a field name, got %s", f.describe())
			return event.FieldRef{}, false
		}
		at, name = f, f.Value
	}
	if name == "" {
		b.errorf(CodeNoField, at, "kind %s has no default field: say which field to read", b.kind)
		return event.FieldRef{}, false
	}
	ref, ok := event.ParseFieldRef(b.kind, name)
	if !ok {
		d := newDiag(CodeUnknownField, at.Span, fmt.Sprintf("kind %s has no field %q", b.kind, name))
		d.Help = didYouMean(name, fieldNames(b.kind))
		b.report(d)
		return event.FieldRef{}, false
	}
	return ref, true
}

func fieldNames(k event.Kind) []string {
	var names []string
	for _, id := range event.FieldsOf(k) {
		names = append(names, id.Field().Name)
	}
	return names
}

func (b *matchBuilder) operator(key string, n *Node, ignoreCase bool) (operator, bool) {
	if key == "pattern" {
		return b.pattern(n)
	}
	spec := literalOperators[key]
	literals, ok := b.literals(key, n, spec.one, spec.many)
	if !ok {
		return operator{}, false
	}
	return literalOperator(spec.anchor, literals, ignoreCase, b.machines), true
}

// patternList compiles a pattern, or a list of them.
func (b *matchBuilder) patternList(n *Node) []operator {
	items := []*Node{n}
	if n.Kind == Sequence {
		items = n.Items
	}
	var ops []operator
	for _, item := range items {
		if op, ok := b.pattern(item); ok {
			ops = append(ops, op)
		}
	}
	return ops
}

func (b *matchBuilder) pattern(n *Node) (operator, bool) {
	p, ok := b.patterns[n]
	if !ok {
		p = b.compile(n)
		b.patterns[n] = p
	}
	return p.op, p.op.find != nil
}

func (b *matchBuilder) compile(n *Node) (p compiledPattern) {
	if b.settled {
		p.op = lateOperator(n.Value, b.machines)
		return p
	}
	re, tree, diags := compilePattern(n)
	for _, d := range diags {
		b.report(d)
	}
	if re == nil {
		return p
	}
	need, _ := prefilter.Required(tree)
	p.op = patternOperator(newExpression(n.Value, func() *regexp.Regexp { return re }, b.machines), need)
	p.op.pattern = n.Value
	if !b.quick {
		p.cost = priceOf(tree)
	}
	return p
}

// literals reads a literal operator's operand: a string, or a list of them.
func (b *matchBuilder) literals(key string, n *Node, one, many bool) ([]string, bool) {
	items := []*Node{n}
	switch {
	case n.Kind == Sequence && many && len(n.Items) > 0:
		items = n.Items
	case n.Kind != Scalar || !one:
		b.errorf(CodeType, n, "%s wants %s, got %s", key, operandName(one, many), n.describe())
		return nil, false
	}
	var out []string
	for _, item := range items {
		switch {
		case item.Kind != Scalar || item.Tag != "!!str":
			b.errorf(CodeType, item, "%s compares text: want a string, got %s", key, item.describe())
		case item.Value == "" && literalOperators[key].anchor != whole:
			b.errorf(CodeMatchesEmpty, item, "%s with an empty string holds on every value", key)
		default:
			out = append(out, item.Value)
		}
	}
	return out, len(out) == len(items)
}

func operandName(one, many bool) string {
	switch {
	case one && many:
		return "a string or a list of strings"
	case many:
		return "a list of strings"
	}
	return "a string"
}

// warnUnindexed reports a rule whose match can hold on a text without any
// known literal: it runs on every event of its kinds.
func (b *matchBuilder) warnUnindexed(m *patternMatcher, kinds []event.Kind) {
	if b.first == nil {
		return
	}
	for _, k := range kinds {
		if req, ok := m.requirement(k); !ok || !req.selective() {
			d := newDiag(CodeNoLiteral, b.first.Span, "no literal that every match must hold: this rule runs on every "+k.String()+" event")
			b.report(d)
			return
		}
	}
}
