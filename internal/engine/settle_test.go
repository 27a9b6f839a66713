package engine

import (
	"testing"

	"ttpctl/internal/event"
)

// A brokenMatcher breaks when it is asked.
type brokenMatcher struct{}

func (brokenMatcher) Match(*event.Event, *Hit) bool { panic("asked") }

// A rule that the index settles is asked for the sake of a tag, or of what is remembered, and not otherwise; one with
// anything more to it is asked each time.
func TestSettledRulesAreNotAsked(t *testing.T) {
	for _, tt := range []struct {
		match   string
		settled bool
	}{
		{"  pattern: 'wget\\s+-q'", true},
		{"  pattern: '\\d{3}$|wget'", true}, // without a literal
		{"  any_of:\n    - {pattern: 'wget'}\n    - {pattern: 'x{3}'}", true},
		{"  any_of:\n    - {pattern: 'wget'}\n    - {contains: 'x'}", false},
		{"  all_of:\n    - {pattern: 'wget'}\n    - {pattern: '-q'}", false},
		{"  pattern: 'wget'\n  except: 'zzz'", false},
		{"  pattern: 'wget'\n  contains: 'get'", false},
		{"  contains: 'wget'", false},
		{"  pattern: 'wget'\n  none_of: [{contains: zzz}]", false},
	} {
		rs := compileRule(t, "command", tt.match)
		rs.indexOf(event.KindCommand)
		rs.rules[0].matcher = brokenMatcher{}
		states := event.States{rs.rules[0].ID: {Mode: event.Clipped, Max: event.Floor / 2}}
		ask := func(states event.States, learning bool) *Scratch {
			sc := NewScratch()
			if !learning {
				sc.memo.ahead = memoAdvance
			}
			if tags := NewSnapshot(rs, states, testNow).Evaluate(nil, commandEvent("wget -q 192.0.2.123"), testNow, sc); len(tags) > 0 {
				t.Errorf("%s: %d tags of a matcher that broke", tt.match, len(tags))
			}
			return sc
		}
		if sc := ask(states, false); (sc.PanicCount == 0) != tt.settled || (sc.BelowFloor > 0) != tt.settled {
			t.Errorf("%s: %d panics, %d tags below the floor; settled: want %v", tt.match, sc.PanicCount, sc.BelowFloor, tt.settled)
		}
		if sc := ask(nil, false); sc.PanicCount != 1 {
			t.Errorf("%s: asked %d times for a tag, want 1", tt.match, sc.PanicCount)
		}
		if sc := ask(states, true); sc.PanicCount != 1 {
			t.Errorf("%s: asked %d times for the memo, want 1", tt.match, sc.PanicCount)
		}
	}
}
