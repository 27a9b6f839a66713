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
	// PanicCount counts the panics of matchers and readers of texts.
	PanicCount int
	// CutShort counts the commands whose shell view left something out.
	CutShort int
	// EventsStay says that events stay as they are until the stage has taken their
	// sightings, all but those that were fanned out: they need not be copied for it.
	EventsStay bool

	panics   []Panic
	hit      Hit
	marks    prefilter.Marks // atoms that the event shows
	literals prefilter.Marks // what the literals of one of its texts stand for
	found    prefilter.Marks // rules and steps that these admit
	branches eventBranches   // and what of these
	admitted []uint32
	named    []uint32 // atoms that a program's name shows
	id       []byte
	evidence evidenceBuffer
	verdict  verdict
	twins    twinNotes
	shell    shellScratch
	memo     memoNote
	web      webScratch

	attackers event.Anchors
	sightings []Sighting
	hits      []stepHit // of the sighting at hand
	shared    sharedHits
	profile   *Profile // nil = nobody counts
}

// A Panic is a panic on an event: a bug, which cost a rule on that event, or, in
// the reading of its text, all that rules ask of what the text would do.
type Panic struct {
	RuleID string // "" = the reading of the text
	Kind   event.Kind
	Value  string // the panic value's type; its text may quote the payload
}

// Message says what the panic cost.
func (p Panic) Message() string {
	if p.RuleID == "" {
		return "the reading of an event's text broke: rules could not ask what it would do"
	}
	return "a rule broke on an event and was skipped for it"
}

// NewScratch returns a Scratch for one goroutine.
func NewScratch() *Scratch { return &Scratch{} }

// TakePanics returns the panics since the last call, at most maxPanics.
func (sc *Scratch) TakePanics() []Panic {
	ps := sc.panics
	sc.panics = nil
	return ps
}

// takeNotesOf makes what another scratch counted and noted that of sc.
func (sc *Scratch) takeNotesOf(o *Scratch) {
	sc.BelowFloor += o.BelowFloor
	sc.PanicCount += o.PanicCount
	o.BelowFloor, o.PanicCount = 0, 0
	ps := o.TakePanics()
	sc.panics = append(sc.panics, ps[:min(len(ps), maxPanics-len(sc.panics))]...)
}

// Evaluate appends the tags of ev to dst, in rule_id order, then emit order.
// It allocates nothing when nothing matches, and returns no error: a matcher
// that panics costs its rule on this event and is noted in sc.
func (s *Snapshot) Evaluate(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch) []event.Tag {
	ix := s.ruleset.indexOf(ev.Kind)
	if ix == nil {
		return dst
	}
	if p := sc.profile; p != nil && p.ruleset == s.ruleset {
		return p.evaluate(s, dst, ev, now, sc)
	}
	if s.memo == nil || s.ruleset.reading[ev.Kind].fields == nil {
		sc.memo.pass()
		return s.judgeNew(dst, ev, now, sc, ix)
	}
	pace := sc.memo.paceOf(s.memo, ev.Kind)
	ask, timed := pace.next()
	if !timed {
		return s.rememberOrJudge(dst, ev, now, sc, ix, ask)
	}
	began := clock()
	dst = s.rememberOrJudge(dst, ev, now, sc, ix, ask)
	pace.note(clock() - began)
	return dst
}

// rememberOrJudge makes the tags of ev from what the memo knows of it, if that is asked, or
// by judging it.
func (s *Snapshot) rememberOrJudge(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch, ix *kindIndex, ask bool) []event.Tag {
	if !ask {
		sc.memo.pass()
		return s.judgeNew(dst, ev, now, sc, ix)
	}
	known := s.recall(ev, sc)
	if sc.memo.again {
		sc.memo.paces[ev.Kind].again++
	}
	if known != nil {
		return s.replay(dst, ev, now, sc, known)
	}
	return s.judgeNew(dst, ev, now, sc, ix)
}

// judgeNew makes the tags of an event of which nothing is known.
func (s *Snapshot) judgeNew(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch, ix *kindIndex) []event.Tag {
	cut := sc.CutShort
	s.ruleset.derive(ev, sc)
	ids := ix.admit(ev, sc)
	// What changed since is admitted by what it required before, too.
	sc.branches.on = ix.newer == nil
	dst = s.both(dst, ev, now, sc, ids)
	sc.branches.on = false
	s.memo.learn(&sc.memo, s.ruleset.reading[ev.Kind].apart, sc.CutShort > cut)
	return dst
}

// Scan is Evaluate without the index: it judges every rule of the event's
// kind. It is the reference that the index is tested against.
func (s *Snapshot) Scan(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch) []event.Tag {
	ix := s.ruleset.indexOf(ev.Kind)
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
	if n := &sc.memo; n.learning && len(n.out.held) > 0 {
		n.out.know(s.ruleset.reading[ev.Kind].fields, &sc.evidence)
	}
	if s.Ordered() {
		s.sight(ev, now, sc, steps, [2]int{from, len(dst)})
	}
	return dst
}

func (s *Snapshot) judge(dst []event.Tag, ev *event.Event, now time.Time, sc *Scratch, rules []uint32) []event.Tag {
	sc.evidence.begin()
	for _, i := range rules {
		st, r := &s.effective[i], s.ruleset.rules[i]
		if !st.allows(now) {
			// One that has expired may fire at another time.
			if !st.off && !r.readingOf(ev.Kind).apart {
				sc.later(i)
			}
			continue
		}
		note := sc.noteOf(s.ruleset, i)
		v := note.said(sc.evidence.event)
		if v == nil {
			if !sc.match(r, sc.branchesOf(i), ev) {
				continue
			}
			v = note.take(sc.evidence.event, sc.verdictOf(r, ev.Kind))
		}
		sc.hold(i, r, ev, v, note)
		dst = note.tags(dst, r, ev, v, st.ceiling, sc)
	}
	return dst
}

// allows reports whether the rule may fire at now. A state that has expired
// since the snapshot was made, and whose revert has not arrived, keeps its
// rule silent: nothing falls back to full confidence by accident.
func (st *effectiveState) allows(now time.Time) bool {
	return !st.off && (st.expires.IsZero() || now.Before(st.expires))
}

// match calls the rule's matcher: the one call site, where a panic ends. Only of the
// branches something is asked.
func (sc *Scratch) match(r *Rule, branches branchSet, ev *event.Event) (fired bool) {
	defer func() {
		if v := recover(); v != nil {
			fired = false
			sc.notePanic(r.ID, ev, v)
		}
	}()
	sc.hit.reset(len(r.Emits))
	m := r.judge()
	if p, ok := m.(*patternMatcher); ok {
		return p.matchAmong(branches, ev, &sc.hit)
	}
	return m.Match(ev, &sc.hit)
}

func (sc *Scratch) notePanic(rule string, ev *event.Event, v any) {
	sc.PanicCount++
	sc.memo.odd = true
	if len(sc.panics) < maxPanics {
		sc.panics = append(sc.panics, Panic{rule, ev.Kind, fmt.Sprintf("%T", v)})
	}
}

// A verdict is what a hit says of the tags that its rule makes: all but what the
// event says.
type verdict struct {
	dropAttacker bool
	scale        []float64        // per emit; negative = not selected
	shown        [][]evidencePart // evidence besides fields of the event: of all emits, or of each
}

// verdictOf returns what the hit of sc says. It is good until the next.
func (sc *Scratch) verdictOf(r *Rule, k event.Kind) *verdict {
	h, p, v := &sc.hit, r.evidence[k], &sc.verdict
	*v = verdict{h.DropAttacker, h.scale, append(v.shown[:0], p.show(h, 0, &sc.evidence))}
	if len(h.perEmit) > 0 {
		for i := 1; i < len(r.Emits); i++ {
			v.shown = append(v.shown, p.show(h, i, &sc.evidence))
		}
	}
	return v
}

// appendTags makes the tags of the hit of sc on ev, by itself.
func (r *Rule) appendTags(dst []event.Tag, ev *event.Event, ceiling float64, sc *Scratch) []event.Tag {
	sc.evidence.begin()
	return r.tags(dst, ev, sc.verdictOf(r, ev.Kind), ceiling, sc, nil)
}

// tags makes the tags of a verdict: the one tag constructor. evidence is nil for
// what the rule's plan makes of the verdict.
func (r *Rule) tags(dst []event.Tag, ev *event.Event, v *verdict, ceiling float64, sc *Scratch, evidence []byte) []event.Tag {
	attacker := ev.Attacker(&sc.attackers)
	if v.dropAttacker {
		attacker = ""
	}
	if attacker == "" && ev.IdentityUUID == "" {
		return dst
	}
	for i := range r.Emits {
		e := &r.Emits[i]
		if v.scale[i] < 0 {
			continue
		}
		c := confidence(e.Confidence, v.scale[i], ceiling)
		if c < event.Floor {
			sc.BelowFloor++
			continue
		}
		if evidence == nil || len(v.shown) > 1 {
			evidence = r.evidence[ev.Kind].join(ev, v.shown[min(i, len(v.shown)-1)], &sc.evidence)
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
