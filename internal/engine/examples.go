package engine

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
)

// Anchors of examples that name none (EVENTS.md section 3).
const (
	exampleSourceID = "example"
	exampleAttacker = "00000000-0000-4000-8000-000000000001"
	exampleIdentity = "00000000-0000-4000-8000-000000000002"
)

// minExamples is how many examples of each sort a rule of the shipped pack
// has (RULES.md).
const minExamples = 3

// exampleCount demands of the shipped pack's rules enough examples.
func (l *linter) exampleCount() {
	if !l.cfg.Pack || l.cfg.Quick {
		return
	}
	if n := len(l.p.MatchExamples); n < minExamples && !l.p.silent() {
		l.diags.add(NewDiagnostic(CodeFewExamples, l.p.span, "the rule has %d match examples, %d are asked of the shipped pack", n, minExamples))
	}
	if n := len(l.p.OtherExamples); n < minExamples {
		l.diags.add(NewDiagnostic(CodeFewExamples, l.p.span, "the rule has %d no_match examples, %d are asked of the shipped pack", n, minExamples))
	}
}

// maxExampleWork bounds, in bytes of examples times instructions of patterns,
// how long a rule's examples are tried. A second is some 50 million.
const maxExampleWork = 100_000_000

// affordable reports whether trying the examples takes a bounded time.
func (l *linter) affordable() bool {
	text := 0
	for _, n := range slices.Concat(l.p.MatchExamples, l.p.OtherExamples) {
		text += n.textBytes()
	}
	instructions := l.p.budget.spent / instructionSize
	if text == 0 || instructions <= maxExampleWork/text {
		return true
	}
	l.diags.add(NewDiagnostic(CodePatternSize, l.p.Match.Span, "the patterns are too large to be tried on %d bytes of examples", text))
	return false
}

// textBytes is how much text stands in the scalars under n.
func (n *Node) textBytes() int {
	size := len(n.Value)
	for _, item := range n.Items {
		size += item.textBytes()
	}
	return size
}

// examples tries the rule on its examples.
func (l *linter) examples(sc *Scratch) {
	if !l.affordable() {
		return
	}
	one := l.alone()
	for _, n := range l.p.MatchExamples {
		if fired, ok := l.fires(one, n, sc); ok && !fired {
			l.diags.add(newDiag(CodeExampleMisses, n.Span, "the rule does not match this example").
				WithLabel("under match"))
		}
	}
	for _, n := range l.p.OtherExamples {
		if fired, ok := l.fires(one, n, sc); ok && fired {
			d := newDiag(CodeExampleMatches, n.Span, "the rule matches this example").WithLabel("under no_match")
			if s := &sc.hit.span; sc.hit.hasSpan && s.end > s.start {
				d = d.WithHelp("what matched: %q", short(s.text[s.start:s.end]))
			}
			l.diags.add(d)
		}
	}
}

// alone returns what a ruleset of the rule alone would derive; for a rule that
// the stage judges, that ruleset.
func (l *linter) alone() *Ruleset {
	if l.rule.ordered() {
		return newRuleset([]*Rule{l.rule}, l.cfg.Programs, nil)
	}
	return &Ruleset{derived: derivationFor(needsOf([]*Rule{l.rule}, nil), []*Rule{l.rule}, l.cfg.Programs)}
}

// fires reports whether the rule fires on an example: its matcher holds and
// selects an emit. ok is false when there is no answer.
func (l *linter) fires(one *Ruleset, n *Node, sc *Scratch) (fired, ok bool) {
	if l.rule.ordered() {
		return l.firesInOrder(one, n)
	}
	ev, diags := ExampleEvent(n, l.rule.AppliesTo[0])
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() {
		return false, false
	}
	if !slices.Contains(l.rule.AppliesTo, ev.Kind) {
		l.diags.add(NewDiagnostic(CodeExampleForm, n.Span, "the rule is not for %s events: the example shows nothing", ev.Kind))
		return false, false
	}
	one.derive(ev, sc)
	sc.TakePanics()
	held := sc.match(l.rule, allBranches, ev)
	if ps := sc.TakePanics(); len(ps) > 0 {
		l.diags.add(panicked(n.Span, "trying an example", ps[0].Value))
		return false, false
	}
	selected := slices.ContainsFunc(sc.hit.scale, func(s float64) bool { return s >= 0 })
	return held && selected, true
}

// eventKeys are the members of an example that is a whole event.
func eventKeys() []string {
	return []string{"source_kind", "source_id", "attacker_uuid", "identity_uuid", "attacker_ip", "session_id", "decky_id", "ts", "payload", "techniques"}
}

// ExampleEvent returns the event that an example stands for. k is its kind
// unless it names one itself.
func ExampleEvent(n *Node, k event.Kind) (*event.Event, Diagnostics) {
	x, diags := readExample(n, k)
	return x.ev, diags
}

func readExample(n *Node, k event.Kind) (*exampleReader, Diagnostics) {
	x := &exampleReader{ev: &event.Event{SourceID: exampleSourceID}}
	x.ev.SetKind(k.String())
	switch {
	case n.Kind == Scalar:
		x.text(n)
	case n.Kind != Mapping:
		x.errorf(n, "an example is a string, a payload or an event, not %s", n.describe())
	case n.member("payload") != nil || n.member("source_kind") != nil || n.member("techniques") != nil:
		x.event(n)
	default:
		x.payload(n)
	}
	if x.ev.AttackerUUID == "" && !x.anchored {
		x.ev.AttackerUUID = exampleAttacker
	}
	if x.ev.IdentityUUID == "" && !x.anchored {
		x.ev.IdentityUUID = exampleIdentity
	}
	return x, x.diags
}

type exampleReader struct {
	techniques []string // of the events of a session
	ev         *event.Event
	anchored   bool // attacker_ip gave the attacker
	diags      Diagnostics
}

func (x *exampleReader) errorf(at *Node, format string, args ...any) {
	x.diags.add(NewDiagnostic(CodeExampleForm, at.Span, format, args...))
}

// text reads an example that is the value of the default field.
func (x *exampleReader) text(n *Node) {
	name := x.ev.Kind.DefaultField()
	switch {
	case !n.isText():
		x.diags.add(NewDiagnostic(CodeExampleForm, n.Span, "an example is a string, a payload or an event, got %s", n.describe()).
			WithHelp("quote it: %q", short(n.Value)))
	case name == "":
		x.diags.add(NewDiagnostic(CodeExampleForm, n.Span, "kind %s has no default field that a string could be the value of", x.ev.Kind).
			WithHelp("write a mapping of payload fields"))
	default:
		x.ev.SetField(name, event.StringValue(n.Value))
	}
}

// payload reads an example that is a payload object.
func (x *exampleReader) payload(n *Node) {
	var names []string
	for _, id := range event.FieldsOf(x.ev.Kind) {
		if f := id.Field(); !f.Derived {
			names = append(names, f.Name)
		}
	}
	for i, key := range n.Keys {
		id, ok := event.LookupField(x.ev.Kind, key.Value)
		switch {
		case !ok:
			d := NewDiagnostic(CodeExampleForm, key.Span, "kind %s has no field %q", x.ev.Kind, short(key.Value))
			d.Help = didYouMean(key.Value, names)
			x.diags.add(d)
		case id.Field().Derived:
			x.errorf(key, "%s is derived from other fields and cannot be given", key.Value)
		default:
			x.ev.Set(id, x.value(n.Items[i]))
		}
	}
}

// event reads an example that is a whole event. Its kind comes first: it says
// what the payload may hold.
func (x *exampleReader) event(n *Node) {
	if kind := n.member("source_kind"); kind != nil {
		name, _ := x.stringOrNull(kind)
		if x.ev.SetKind(name); x.ev.Kind == event.KindUnknown {
			x.diags.add(unknownKind(name, kind.Span))
			return
		}
	}
	for i, key := range n.Keys {
		x.member(key, n.Items[i])
	}
}

func (x *exampleReader) member(key, n *Node) {
	switch key.Value {
	case "source_kind":
	case "source_id":
		if v, ok := x.stringOrNull(n); ok {
			x.ev.SourceID = v
		}
	case "attacker_uuid":
		x.ev.AttackerUUID, _ = x.stringOrNull(n)
	case "identity_uuid":
		x.ev.IdentityUUID, _ = x.stringOrNull(n)
	case "session_id":
		x.ev.SessionID.Value, x.ev.SessionID.Valid = x.stringOrNull(n)
	case "decky_id":
		x.ev.DeckyID.Value, x.ev.DeckyID.Valid = x.stringOrNull(n)
	case "ts":
		x.ev.TS, _ = x.stringOrNull(n)
		x.ev.Time, _ = time.Parse(time.RFC3339, x.ev.TS)
	case "techniques":
		for _, item := range itemsOf(n) {
			id, _ := x.stringOrNull(item)
			x.techniques = append(x.techniques, id)
		}
	case "attacker_ip":
		x.attackerIP(n)
	case "payload":
		if n.Kind != Mapping {
			x.errorf(n, "payload wants a mapping, got %s", n.describe())
			return
		}
		x.payload(n)
	default:
		d := NewDiagnostic(CodeExampleForm, key.Span, "an event has no %q", short(key.Value))
		d.Help = didYouMean(key.Value, eventKeys())
		x.diags.add(d)
	}
}

func (x *exampleReader) attackerIP(n *Node) {
	text, ok := x.stringOrNull(n)
	if !ok {
		return
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		x.errorf(n, "attacker_ip %q is no address", short(text))
		return
	}
	x.ev.AttackerUUID, x.anchored = event.AttackerUUID(ip).String(), true
}

func (x *exampleReader) stringOrNull(n *Node) (string, bool) {
	switch {
	case n.isText() || n.Kind == Scalar && n.Tag == "!!timestamp":
		return n.Value, true
	case n.Kind != Scalar || n.Tag != "!!null":
		x.errorf(n, "want a string or null, got %s", n.describe())
	}
	return "", false
}

// value turns a node into a payload value, which has the types of JSON.
func (x *exampleReader) value(n *Node) event.Value {
	switch n.Kind {
	case Sequence:
		v := event.Value{Kind: event.List}
		for _, item := range n.Items {
			v.List = append(v.List, x.value(item))
		}
		return v
	case Mapping:
		v := event.Value{Kind: event.Object}
		for i, key := range n.Keys {
			v.Keys = append(v.Keys, key.Value)
			v.List = append(v.List, x.value(n.Items[i]))
		}
		return v
	}
	return x.scalar(n)
}

func (x *exampleReader) scalar(n *Node) event.Value {
	switch n.Tag {
	case "!!null":
		return event.Value{}
	case "!!bool":
		return event.BoolValue(strings.EqualFold(n.Value, "true"))
	case "!!int", "!!float":
		f, ok := n.number()
		if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
			x.errorf(n, "%s is no number that JSON has", short(n.Value))
			return event.Value{}
		}
		return event.NumberValue(f)
	}
	return event.StringValue(n.Value)
}
