package lifters

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func (c *predicateCase) compile(t testing.TB) *engine.Snapshot {
	t.Helper()
	return compileOne(t, []event.Kind{c.kind}, c.match(), c.rest)
}

func TestEveryPredicateHasACase(t *testing.T) {
	cases := predicateCases()
	for _, s := range Specs() {
		if s.Name == "intel_aggregate_bump" { // never fires: TestAggregateBump
			continue
		}
		if !slices.ContainsFunc(cases, func(c predicateCase) bool { return c.predicate() == s.Name }) {
			t.Errorf("no case for %s", s.Name)
		}
	}
}

func TestFires(t *testing.T) {
	for _, c := range predicateCases() {
		t.Run(c.name, func(t *testing.T) {
			tags := evaluate(t, c.compile(t), eventOf(c.kind, c.fires))
			if len(tags) == 0 {
				t.Fatalf("Evaluate(%v) = no tags", c.fires)
			}
			if got := string(tags[0].Evidence); got != c.evidence {
				t.Errorf("Evaluate(%v): evidence %s, want %s", c.fires, got, c.evidence)
			}
		})
	}
}

// wrong returns values that a field does not take, which is as if it were not there:
// of other types, empty, or null.
func wrong(typ event.FieldType, right any) []any {
	text, number, list := any("9"), any(1e308), any([]any{1, true, nil})
	var out []any
	switch typ {
	case event.TypeString:
		out = []any{"", number, true, list}
	case event.TypeNumber:
		out = []any{text, "", true, list}
	case event.TypeBool:
		b, _ := right.(bool)
		out = []any{!b, "true", 0, 1, list}
	case event.TypeScalar:
		out = []any{"", true, list}
	case event.TypeStrings, event.TypeEntries:
		out = []any{text, "", number, true, list}
	case event.TypeNumbers:
		out = []any{text, number, true, []any{"18", true, nil}}
	}
	return append(out, nil, []any{}, payload{}, payload{"text": 1})
}

func TestAbsentOrWrong(t *testing.T) {
	for _, c := range predicateCases() {
		t.Run(c.name, func(t *testing.T) {
			s := c.compile(t)
			for _, name := range c.needs {
				id, ok := event.LookupField(c.kind, name)
				if !ok {
					t.Fatalf("no field %s", name)
				}
				if tags := evaluate(t, s, eventOf(c.kind, c.fires.without(name))); len(tags) != 0 {
					t.Errorf("without %s: %d tags, want none", name, len(tags))
				}
				for _, v := range wrong(id.Field().Type, c.fires[name]) {
					if tags := evaluate(t, s, eventOf(c.kind, c.fires.with(name, v))); len(tags) != 0 {
						t.Errorf("with %s = %#v: %d tags, want none", name, v, len(tags))
					}
				}
			}
		})
	}
}

func TestThresholds(t *testing.T) {
	for _, c := range predicateCases() {
		t.Run(c.name, func(t *testing.T) {
			s := c.compile(t)
			check := func(name string, n float64, want bool) {
				t.Helper()
				if got := len(evaluate(t, s, eventOf(c.kind, c.fires.with(name, n)))) > 0; got != want {
					t.Errorf("with %s = %v: fires %v, want %v", name, n, got, want)
				}
			}
			for name, n := range c.atLeast {
				_, capped := c.atMost[name]
				check(name, n, true)
				check(name, math.Nextafter(n, math.Inf(-1)), false)
				check(name, math.Nextafter(n, math.Inf(1)), true)
				check(name, math.MaxFloat64, !capped)
				check(name, -math.MaxFloat64, false)
			}
			for name, n := range c.atMost {
				check(name, n, true)
				check(name, math.Nextafter(n, math.Inf(-1)), true)
				check(name, math.Nextafter(n, math.Inf(1)), false)
				check(name, math.MaxFloat64, false)
			}
		})
	}
}

// TestReads: a matcher that is given only the fields it says it reads decides
// as on the whole event.
func TestReads(t *testing.T) {
	for _, c := range predicateCases() {
		t.Run(c.name, func(t *testing.T) {
			s := c.compile(t)
			needs, p := s.Ruleset().Needs(), payload{}
			for name, v := range c.fires {
				if id, _ := event.LookupField(c.kind, name); needs.Has(id) {
					p[name] = v
				}
			}
			tags := evaluate(t, s, eventOf(c.kind, p))
			if len(tags) == 0 || string(tags[0].Evidence) != c.evidence {
				t.Errorf("on the fields it reads: %d tags, want evidence %s", len(tags), c.evidence)
			}
			for _, name := range []string{"client_version", "greynoise_riot", "html_smuggling", "method"} {
				id, ok := event.LookupField(c.kind, name)
				if ok && needs.Has(id) && !strings.Contains(c.name, "greynoise") && !strings.Contains(c.name, "attachment") {
					t.Errorf("%s reads %s", c.name, name)
				}
			}
		})
	}
}

func TestNoAllocationWithoutMatch(t *testing.T) {
	for _, c := range predicateCases() {
		t.Run(c.name, func(t *testing.T) {
			s, sc := c.compile(t), engine.NewScratch()
			var dst []event.Tag
			for _, name := range c.needs {
				ev := eventOf(c.kind, c.fires.without(name).with("service", "ssh"))
				if n := testing.AllocsPerRun(20, func() { dst = s.Evaluate(dst[:0], ev, time.Time{}, sc) }); n != 0 {
					t.Errorf("Evaluate without %s: %v allocations, want 0", name, n)
				}
			}
		})
	}
}

func BenchmarkLifters(b *testing.B) {
	for _, c := range predicateCases() {
		s, sc := c.compile(b), engine.NewScratch()
		miss := c.fires.without(c.needs[0])
		for _, v := range []struct {
			name string
			p    payload
		}{{"miss", miss}, {"hit", c.fires}} {
			b.Run(strings.ReplaceAll(c.name, "/", "-")+"/"+v.name, func(b *testing.B) {
				ev := eventOf(c.kind, v.p)
				b.ReportAllocs()
				var dst []event.Tag
				for b.Loop() {
					dst = s.Evaluate(dst[:0], ev, time.Time{}, sc)
				}
			})
		}
	}
}
