package lifters

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// What tests compile by is immutable, and read once.
var (
	catalogue = sync.OnceValue(attack.Load)
	programs  = sync.OnceValue(engine.Programs)
)

// payload is an event's payload as tests write it.
type payload map[string]any

// with returns p with one field set.
func (p payload) with(name string, v any) payload {
	out := maps.Clone(p)
	out[name] = v
	return out
}

// without returns p lacking one field.
func (p payload) without(name string) payload {
	out := maps.Clone(p)
	delete(out, name)
	return out
}

func valueOf(v any) event.Value {
	switch v := v.(type) {
	case nil:
		return event.Value{}
	case string:
		return event.StringValue(v)
	case int:
		return event.NumberValue(float64(v))
	case float64:
		return event.NumberValue(v)
	case bool:
		return event.BoolValue(v)
	case []any:
		out := event.Value{Kind: event.List}
		for _, e := range v {
			out.List = append(out.List, valueOf(e))
		}
		return out
	case payload:
		out := event.Value{Kind: event.Object}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out.Keys, out.List = append(out.Keys, k), append(out.List, valueOf(v[k]))
		}
		return out
	}
	panic(fmt.Sprintf("no value for %T", v))
}

func eventOf(kind event.Kind, p payload) *event.Event {
	ev := &event.Event{
		SourceID:     "src-1",
		AttackerUUID: "3a90f681-a007-5d06-8036-a9c1661decb1",
		IdentityUUID: "773d7813-ac2c-5839-a614-3a5cca9f16c6",
	}
	ev.SetKind(kind.String())
	for name, v := range p {
		set(ev, name, valueOf(v))
	}
	return ev
}

// set is SetField for derived fields too, of which all are numbers here. They say
// something of a line: with another number it is another line.
func set(ev *event.Event, name string, v event.Value) {
	if id, ok := event.LookupField(ev.Kind, name); ok && id.Field().Derived && v.Kind == event.Number {
		ev.SetDerived(id, v)
		ev.SetField("command_text", event.StringValue(fmt.Sprint(v.Num)))
		return
	}
	ev.SetField(name, v)
}

// ruleText returns a rule file with the match block and emits T1071,
// T1071.001 and what emits adds.
func ruleText(id string, kinds []event.Kind, match, rest string) string {
	return fmt.Sprintf("rule_id: %s\nrule_version: 1\nname: %c%s\ndescription: A rule for tests.\n"+
		"applies_to: [%s]\nmatch:\n  %s\nemits:\n"+
		"  - {tactic: TA0011, technique_id: T1071, confidence: 0.8}\n"+
		"  - {tactic: TA0011, technique_id: T1071, sub_technique_id: T1071.001, confidence: 0.9}\n%s",
		id, 'r', id[1:], kindList(kinds), match, rest)
}

func ruleFile(id, text string) engine.Source {
	return engine.Source{Name: id + ".yaml", Data: []byte(text)}
}

// compile returns a snapshot of rules that must be without diagnostics.
func compile(t testing.TB, srcs ...engine.Source) *engine.Snapshot {
	t.Helper()
	rs, diags := engine.Compile(srcs, engine.Config{Catalogue: catalogue(), Programs: programs(), Builders: Builders()})
	for i := range diags {
		t.Fatalf("Compile: %v", diags[i].Error())
	}
	return engine.NewSnapshot(rs, nil, time.Time{})
}

// compileOne returns a snapshot of one rule with the match block.
func compileOne(t testing.TB, kinds []event.Kind, match, rest string) *engine.Snapshot {
	t.Helper()
	return compile(t, ruleFile("T0001", ruleText("T0001", kinds, match, rest)))
}

// diagnose returns the diagnostics of one rule with the match block.
func diagnose(kinds []event.Kind, match, rest string) engine.Diagnostics {
	_, diags := engine.Compile([]engine.Source{ruleFile("T0001", ruleText("T0001", kinds, match, rest))},
		engine.Config{Catalogue: catalogue(), Programs: programs(), Builders: Builders()})
	return diags
}

// evaluate returns the tags of one event.
func evaluate(t testing.TB, s *engine.Snapshot, ev *event.Event) []event.Tag {
	t.Helper()
	sc := engine.NewScratch()
	tags := s.Evaluate(nil, ev, time.Time{}, sc)
	if ps := sc.TakePanics(); len(ps) > 0 {
		t.Fatalf("Evaluate(%v) panicked: %v", ev.Kind, ps[0])
	}
	return tags
}

// overlay is the shipped tables with some of them replaced.
type overlay map[string]string

func (o overlay) Open(name string) (fs.File, error) {
	if text, ok := o[name]; ok {
		return fstest.MapFS{name: {Data: []byte(text)}}.Open(name)
	}
	return shipped.Open(name)
}
