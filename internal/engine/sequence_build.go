package engine

import (
	"slices"

	"ttpctl/internal/event"
)

// maxSteps bounds the steps of a sequence.
const maxSteps = 8

// sequenceKeys are the keys of a sequence block.
var sequenceKeys = []string{"over", "within", "same", "steps"}

// A sessionSequence is the matcher of a rule whose sequence the stage finds:
// no event by itself matches.
type sessionSequence struct{ *sequence }

// Match implements [Matcher].
func (sessionSequence) Match(*event.Event, *Hit) bool { return false }

func (sessionSequence) readsLine() bool { return true }

// Reads returns the fields that the steps for kind k read.
func (q sessionSequence) Reads(k event.Kind) []event.FieldID {
	var ids []event.FieldID
	for i := range q.steps {
		if q.steps[i].kind == k {
			q.steps[i].root.reads(&ids)
		}
	}
	if k == event.KindCommand {
		ids = append(ids, commandText, commandPwd)
	}
	if k == event.KindPayload {
		ids = append(ids, payloadFields[:]...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// sequenceBlock compiles a sequence over one line.
func (b *matchBuilder) sequenceBlock(n *Node, depth int) condition {
	if !b.onCommands(n, "sequence") {
		return nil
	}
	q := b.sequence(n, depth)
	switch {
	case q == nil:
		return nil
	case q.over != overLine:
		b.errorf(CodeMatchShape, n, "a sequence over %s stands alone at the top of match", sequenceSpans[q.over])
		return nil
	}
	return lineSequence{q}
}

// sequence compiles a sequence block; nil when something is wrong with it.
func (b *matchBuilder) sequence(n *Node, depth int) *sequence {
	if n.Kind != Mapping {
		b.errorf(CodeType, n, "sequence wants over, within, same and steps, got %s", n.describe())
		return nil
	}
	q, ok := &sequence{}, true
	for i, key := range n.Keys {
		item := n.Items[i]
		switch key.Value {
		case "over":
			k := b.oneOf(item, "span of sequences", sequenceSpans)
			q.over, ok = sequenceSpan(max(k, 0)), ok && k >= 0
		case "same":
			k := b.oneOf(item, "binding of sequences", bindings[1:])
			q.same, ok = binding(k+1), ok && k >= 0
		case "within":
			ok = b.within(q, item) && ok
		case "steps":
		default:
			d := NewDiagnostic(CodeMember, key.Span, "a sequence has no key %q", short(key.Value))
			d.Help = didYouMean(key.Value, sequenceKeys)
			b.report(d)
			ok = false
		}
	}
	ok = b.steps(q, n, depth) && ok
	if !ok || !b.bounded(q, n) || !b.bindable(q, n) {
		return nil
	}
	return q
}

// oneOf returns the index of a word in known, -1 after reporting another.
func (b *matchBuilder) oneOf(n *Node, what string, known []string) int {
	i := slices.Index(known, n.Value)
	if i < 0 || n.Kind != Scalar {
		b.unknownWord(CodeClass, n, what, known)
		return -1
	}
	return i
}

func (b *matchBuilder) within(q *sequence, n *Node) bool {
	ok := n.Kind == Mapping && len(n.Keys) > 0
	for i := range n.Keys {
		v, isNumber := n.Items[i].number()
		if !isNumber || v < 1 || v > 100_000 || v != float64(int(v)) {
			ok = false
			continue
		}
		switch n.Keys[i].Value {
		case "minutes":
			q.minutes = int(v)
		case "commands":
			q.commands = int(v)
		default:
			ok = false
		}
	}
	if !ok {
		b.errorf(CodeMember, n, "within wants {minutes: 10, commands: 50}, or one of the two, from 1 to 100000")
	}
	return ok
}

func (b *matchBuilder) steps(q *sequence, n *Node, depth int) bool {
	list := n.member("steps")
	switch {
	case list == nil || list.Kind != Sequence || len(list.Items) == 0:
		b.errorf(CodeNoSteps, n, "this sequence has no steps: write a list of match blocks")
		return false
	case len(list.Items) == 1:
		d := NewDiagnostic(CodeOneStep, list.Span, "a sequence of one step is no sequence")
		b.report(d.WithHelp("write the step as the match block"))
		return false
	case len(list.Items) > maxSteps:
		b.errorf(CodeDepth, list, "a sequence has at most %d steps", maxSteps)
		return false
	}
	before := len(b.diags)
	for _, item := range list.Items {
		q.steps = append(q.steps, b.step(item, depth))
	}
	return len(b.diags) == before
}

// step compiles one step, which may say for which kind of event it is.
func (b *matchBuilder) step(n *Node, depth int) sequenceStep {
	outer := b.kind
	defer func() { b.kind = outer }()
	s := sequenceStep{kind: event.KindCommand, node: n}
	at := n
	if kind := n.member("kind"); kind != nil {
		at, n, s.kind = kind, n.without("kind"), event.ParseKind(kind.Value)
	}
	switch {
	case s.kind != event.KindCommand && s.kind != event.KindPayload:
		b.errorf(CodeBlockKind, at, "a step is for command or payload events, not %q", short(at.Value))
	case !slices.Contains(b.kinds, s.kind):
		b.errorf(CodeBlockKind, at, "a step is for %s events, and applies_to does not name them", s.kind)
	}
	b.kind = s.kind
	if s.kind == event.KindUnknown {
		return s
	}
	s.root = b.block(n, depth+1)
	return s
}

// without returns a mapping without one key.
func (n *Node) without(key string) *Node {
	c := *n
	c.Keys, c.Items = nil, nil
	for i, k := range n.Keys {
		if k.Value != key {
			c.Keys, c.Items = append(c.Keys, k), append(c.Items, n.Items[i])
		}
	}
	return &c
}

// bounded reports a sequence over sessions that waits for ever.
func (b *matchBuilder) bounded(q *sequence, n *Node) bool {
	if q.over == overLine || q.minutes > 0 || q.over == overSession && q.commands > 0 {
		return true
	}
	d := NewDiagnostic(CodeUnbounded, n.Span, "a sequence over %s without a bound", sequenceSpans[q.over])
	help := "write within: {minutes: 10, commands: 50}, or one of the two"
	if q.over >= overAttacker {
		help = "write within: {minutes: 10}"
	}
	b.report(d.WithHelp("%s", help))
	return false
}

// bindable reports steps that cannot have what the sequence binds.
func (b *matchBuilder) bindable(q *sequence, n *Node) bool {
	if q.same == sameNothing {
		return true
	}
	named := 0
	for i := range q.steps {
		if q.steps[i].names(q.same) {
			named++
		}
	}
	if named == 0 {
		b.errorf(CodeUnbound, n, "same: %s, and no step names one", bindings[q.same])
		return false
	}
	ok := true
	for i := range q.steps {
		if !q.steps[i].names(q.same) {
			d := NewDiagnostic(CodeNoBinding, q.steps[i].node.Span, "same: %s, and this step names none", bindings[q.same])
			b.report(d.WithHelp("ask for an effect that has one, such as {effect: {%s: any}}", q.same.example()))
			ok = false
		}
	}
	return ok
}

// wholeSequence compiles a sequence over sessions, which is all of the match.
func (b *matchBuilder) wholeSequence(n *Node) Matcher {
	b.kind = event.KindCommand
	q := b.sequence(n, 1)
	if q == nil {
		return nil
	}
	return sessionSequence{q}
}
