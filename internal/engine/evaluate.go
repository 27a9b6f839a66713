package engine

import (
	"fmt"
	"math"
	"time"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/event"
)

// maxPanics bounds how many panics a Scratch describes between two calls of
// TakePanics; more are only counted.
const maxPanics = 16

// A Scratch is the working memory of one goroutine's evaluations, and what
// they have to report besides tags.
type Scratch struct {
	// BelowFloor counts the tags dropped because their confidence, rounded,
	// was under Floor.
	BelowFloor int
	// PanicCount counts the panics of matchers; each cost one rule on one
	// event.
	PanicCount int
	// CutShort counts the commands whose shell view left something out.
	CutShort int

	panics   []Panic
	hit      Hit
	marks    prefilter.Marks // atoms that the event shows
	found    prefilter.Marks // rules and steps that these admit
	fold     []byte
	admitted []uint32
	id       []byte
	evidence evidenceBuffer
	shell    shellScratch
	quiet    quietLines
	web      webScratch

	sightings []Sighting
}

// A Panic is a matcher's panic on an event: a bug, which cost that rule on
// that event.
type Panic struct {
	RuleID string
	Kind   event.Kind
	Value  string // the panic value's type; its text may quote the payload
}

// NewScratch returns a Scratch for one goroutine.
func NewScratch() *Scratch { return &Scratch{} }

// TakePanics returns the panics since the last call, at most maxPanics.
func (sc *Scratch) TakePanics() []Panic {
	ps := sc.panics
	sc.panics = nil
	return ps
}

// Evaluate appends the tags of ev to dst, in rule_id order, then emit order.
// It allocates nothing when nothing matches, and returns no error: a matcher
// that panics costs its rule on this event and is noted in sc.
func (s *Snapshot) Evaluate(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch) []event.Tag {
	ix := s.ruleset.index[ev.Kind]
	if ix == nil {
		return dst
	}
	known := sc.quiet.knows(s, ev)
	if known && !sc.quiet.slot.known.loud {
		return s.quiet(dst, ev, now, sc)
	}
	s.ruleset.derive(ev, sc)
	if known {
		return s.both(dst, ev, now, sc, sc.quiet.slot.known.held)
	}
	dst = s.both(dst, ev, now, sc, ix.admit(ev, sc))
	sc.quiet.learn(s.ruleset.reading.apart)
	return dst
}

// Scan is Evaluate without the index: it judges every rule of the event's
// kind. It is the reference that the index is tested against.
func (s *Snapshot) Scan(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch) []event.Tag {
	ix := s.ruleset.index[ev.Kind]
	if ix == nil {
		return dst
	}
	s.ruleset.derive(ev, sc)
	return s.both(dst, ev, now, sc, ix.rules)
}

// both judges the rules among ids, and shows the steps of sequences, which
// come behind them, to the stage.
func (s *Snapshot) both(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch, ids []uint32) []event.Tag {
	from := len(dst)
	steps := s.ruleset.stepsAmong(ids)
	dst = s.judge(dst, ev, now, sc, ids[:len(ids)-len(steps)])
	if s.Ordered() {
		s.sight(ev, now, sc, steps, [2]int{from, len(dst)})
	}
	return dst
}

func (s *Snapshot) judge(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch, rules []uint32) []event.Tag {
	for _, i := range rules {
		st, r := &s.effective[i], s.ruleset.rules[i]
		if !st.allows(now) {
			// One that has expired may fire at another time.
			if !st.off && !s.ruleset.reading.isApart(i) {
				sc.quiet.hold(i)
			}
			continue
		}
		if !sc.match(r, ev) {
			continue
		}
		if !s.ruleset.reading.isApart(i) {
			sc.quiet.hold(i)
		}
		dst = r.appendTags(dst, ev, st.ceiling, sc)
	}
	return dst
}

// allows reports whether the rule may fire at now. A state that has expired
// since the snapshot was made, and whose revert has not arrived, keeps its
// rule silent: nothing falls back to full confidence by accident.
func (st *effectiveState) allows(now time.Time) bool {
	return !st.off && (st.expires.IsZero() || now.Before(st.expires))
}

// match calls the rule's matcher: the one call site, where a panic ends.
func (sc *Scratch) match(r *Rule, ev *event.Event) (fired bool) {
	defer func() {
		if v := recover(); v != nil {
			fired = false
			sc.notePanic(r, ev, v)
		}
	}()
	sc.hit.reset(len(r.Emits))
	return r.matcher.Match(ev, &sc.hit)
}

func (sc *Scratch) notePanic(r *Rule, ev *event.Event, v any) {
	sc.PanicCount++
	sc.quiet.odd = true
	if len(sc.panics) < maxPanics {
		sc.panics = append(sc.panics, Panic{r.ID, ev.Kind, fmt.Sprintf("%T", v)})
	}
}

// appendTags makes the tags of a hit.
func (r *Rule) appendTags(dst []event.Tag, ev *event.Event, ceiling float64, sc *Scratch) []event.Tag {
	return r.tags(dst, ev, ceiling, sc, nil)
}

// tags makes the tags of what is in sc.hit: the one tag constructor. evidence
// is nil for what the rule's plan makes of the hit.
func (r *Rule) tags(dst []event.Tag, ev *event.Event, ceiling float64, sc *Scratch, evidence []byte) []event.Tag {
	attacker := ev.AttackerUUID
	if sc.hit.DropAttacker {
		attacker = ""
	}
	if attacker == "" && ev.IdentityUUID == "" {
		return dst
	}
	for i := range r.Emits {
		e := &r.Emits[i]
		if sc.hit.scale[i] < 0 {
			continue
		}
		c := confidence(e.Confidence, sc.hit.scale[i], ceiling)
		if c < event.Floor {
			sc.BelowFloor++
			continue
		}
		if evidence == nil || len(sc.hit.perEmit) > 0 {
			evidence = r.evidence[ev.Kind].build(ev, &sc.hit, i, &sc.evidence)
		}
		dst = append(dst, event.Tag{
			UUID:       event.TagUUID(&sc.id, ev.SourceKind, ev.SourceID, r.ID, r.Version, e.Technique, e.SubTechnique),
			SourceKind: ev.SourceKind, SourceID: ev.SourceID,
			AttackerUUID: attacker, IdentityUUID: ev.IdentityUUID, AttackerIP: ev.AttackerIP,
			SessionID: ev.SessionID, DeckyID: ev.DeckyID,
			Tactic: e.Tactic, Technique: e.Technique, SubTechnique: e.SubTechnique,
			Confidence: c, RuleID: r.ID, RuleVersion: r.Version,
			Evidence: evidence, AttackRelease: e.Release, MitreURL: e.URL, ObservedAt: event.UTC(ev.TS, ev.Time),
		})
	}
	return dst
}

// confidence applies scale and ceiling to base: scaled, clamped to [0, 1],
// brought down to the ceiling, rounded to 4 decimals. A NaN is 0.
func confidence(base, scale, ceiling float64) float64 {
	c := base * scale
	if !(c > 0) {
		return 0
	}
	return math.Round(min(c, 1, ceiling)*1e4) / 1e4
}
