package engine

import (
	"slices"
	"time"

	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
)

// A Verdict says what a rule makes of an event, and if it stays silent why.
type Verdict uint8

// The verdicts.
const (
	Fires        Verdict = iota
	NoMatch              // its match does not hold
	OtherKind            // it is not for events of this kind
	SwitchedOff          // it matches, and its state is disabled
	StateExpired         // its state has run out, and the revert is not here yet
	UnderFloor           // it matches, with a confidence below Floor
	NoTechnique          // it matches and selects none of its techniques
	NoAnchor             // the finding is an identity's, and the event names none
	Panicked             // its matcher broke: a defect of this program
)

var verdictNames = [...]string{
	Fires: "fires", NoMatch: "no_match", OtherKind: "other_kind", SwitchedOff: "disabled", StateExpired: "state_expired",
	UnderFloor: "below_floor", NoTechnique: "no_technique", NoAnchor: "no_anchor", Panicked: "panicked",
}

// String returns the verdict's name as machine formats spell it.
func (v Verdict) String() string { return verdictNames[v] }

// An Explanation is what one rule makes of one event, and why. It shows no
// value of a field that may not be evidence.
type Explanation struct {
	Rule       *Rule
	State      event.State // in force; zero = enabled
	Verdict    Verdict
	Tags       []event.Tag // exactly those of Evaluate
	BelowFloor int         // techniques left out because their confidence is under Floor

	// Match is where the first positive block matched; nil for lifter rules, for
	// rules that only exclude, and when nothing matched.
	Match *ShownText

	// Steps are those of a sequence that the event completes.
	Steps []FiredStep

	// Of these Explain fills those that the rule has.
	Parts    *Part     // the match block
	Settings []Setting // the parameters of a lifter rule
	Readings []Reading // the payload fields that a lifter rule reads
}

// Explain says what the rule with that id makes of ev; ok is false when the
// ruleset has no such rule. The verdict and the tags are those of Evaluate,
// the parts are judged by the very functions that Evaluate calls, all of them
// and not only until the verdict is clear.
func (s *Snapshot) Explain(ev *event.Event, now time.Time, sc *Scratch, id string) (x Explanation, ok bool) {
	i, ok := s.ruleset.find(id)
	if !ok {
		return Explanation{}, false
	}
	s.ruleset.derive(ev, sc)
	x = s.explain(uint32(i), ev, now, sc)
	x.addReasons(ev, sc.hit.like())
	return x, true
}

// Matches explains, in rule_id order, the rules that would fire on ev were it
// not for their state, the floor or a defect, and those that do. It leaves out
// parts, settings and readings, which Explain gives.
func (s *Snapshot) Matches(ev *event.Event, now time.Time, sc *Scratch) []Explanation {
	ix := s.ruleset.indexOf(ev.Kind)
	if ix == nil {
		return nil
	}
	s.ruleset.derive(ev, sc)
	var all []Explanation
	ids := ix.admit(ev, sc)
	for _, i := range ids[:len(ids)-len(s.ruleset.stepsAmong(ids))] {
		if x := s.explain(i, ev, now, sc); x.Verdict != NoMatch {
			all = append(all, x)
		}
	}
	return all
}

// explain judges rule i, twice: as Evaluate does, and once more whatever its
// state, to see whether its match holds.
func (s *Snapshot) explain(i uint32, ev *event.Event, now time.Time, sc *Scratch) Explanation {
	r := s.ruleset.rules[i]
	x := Explanation{Rule: r, State: s.states[r.ID]}
	if !slices.Contains(r.AppliesTo, ev.Kind) {
		x.Verdict = OtherKind
		return x
	}
	under, panics := sc.BelowFloor, sc.PanicCount
	x.Tags = s.judge(nil, ev, now, sc, []uint32{i})
	x.BelowFloor = sc.BelowFloor - under
	held := sc.match(r, allBranches, ev)
	if h := &sc.hit; held && h.hasSpan {
		x.Match = showText(h.span.field, h.span.name, h.span.text, h.span.start, h.span.end, true)
	}
	switch st := &s.effective[i]; {
	case len(x.Tags) > 0:
		x.Verdict = Fires
	case sc.PanicCount > panics:
		x.Verdict = Panicked
	case !held:
		x.Verdict = NoMatch
	case x.State.Expired(now):
		x.Verdict = StateExpired
	case !st.allows(now):
		x.Verdict = SwitchedOff
	case x.BelowFloor > 0:
		x.Verdict = UnderFloor
	case !slices.ContainsFunc(sc.hit.scale, func(f float64) bool { return f >= 0 }):
		x.Verdict = NoTechnique
	default:
		x.Verdict = NoAnchor
	}
	return x
}

// addReasons shows what the rule looks at, as far as the event's kind has it.
func (x *Explanation) addReasons(ev *event.Event, h *Hit) {
	if x.Rule.Lifter != "" {
		x.Settings = settingsOf(x.Rule)
		if x.Verdict != OtherKind {
			x.Readings = readingsOf(x.Rule.judge(), ev)
		}
		return
	}
	switch m := x.Rule.judge().(type) {
	case *patternMatcher:
		if root := m.roots[ev.Kind]; root != nil {
			part := root.explain(ev, h)
			x.Parts = &part
		}
	case sessionSequence:
		part := m.explain(ev, h)
		x.Parts = &part
	}
}

// ShellView returns what a shell would make of a command event's line, which
// is what the derived fields are made of; nil for events without a line.
func ShellView(ev *event.Event) *shell.View {
	text, ok := "", false
	if ev.Kind == event.KindCommand {
		text, ok = ev.Text(commandText)
	}
	if !ok {
		return nil
	}
	v := &shell.View{}
	shell.NewParser().Parse(text, v)
	return v
}
