package engine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
)

// A taken is a place of a step, for the sequence of one rule.
type taken struct {
	rule uint32
	step int
	place
	from string // of a copy: the file that it is of
}

// advance takes the steps that s shows, in the order of their places, and
// returns the tags of what they complete.
func (g *Stage) advance(s *Sighting, session, attacker *party) []event.Tag {
	all := s.copiesTaken(g.taken[:0], session, attacker)
	for _, hit := range s.hits {
		for _, p := range hit.places {
			all = append(all, taken{rule: hit.step.rule, step: hit.step.step, place: p})
		}
	}
	// Of one command the later steps come first: it is never two steps of one
	// sequence.
	slices.SortStableFunc(all, func(a, b taken) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.at, b.at), cmp.Compare(b.step, a.step))
	})
	g.taken = all
	var made []event.Tag
	for i := range all {
		t := &all[i]
		r := s.snap.ruleset.rules[t.rule]
		q, p := r.sequence(), session
		if q.over >= overAttacker {
			p = attacker
		}
		if p == nil {
			continue
		}
		if t.step == 0 && !q.binds(t) {
			continue
		}
		x := p.progress(r, t.step == 0)
		if x == nil || x.over(q) {
			continue
		}
		if t.step == copyStep {
			x.follow(q, t)
			continue
		}
		if done := x.step(q, p, s, t); done != nil {
			made = append(made, g.fire(r, s, x, done)...)
		}
	}
	return made
}

// binds reports whether a place has the value that the steps share, if they do.
func (q *sequence) binds(t *taken) bool { return q.same == sameNothing || t.bound.value != "" }

// progress returns how far a rule has come, which may begin with this step; nil
// when it has not begun. A rule that was edited begins anew.
func (p *party) progress(r *Rule, begins bool) *progress {
	i := slices.IndexFunc(p.rules, func(x *progress) bool { return x.rule == r.ID })
	if i < 0 && !begins {
		return nil
	}
	if i < 0 {
		p.rules = append(p.rules, &progress{rule: r.ID, hash: r.Hash})
		return p.rules[len(p.rules)-1]
	}
	if x := p.rules[i]; x.hash != r.Hash {
		x.hash, x.partials = r.Hash, nil
	}
	return p.rules[i]
}

// over reports whether nothing more can come: the sequence of a session fires
// once.
func (x *progress) over(q *sequence) bool { return q.over == overSession && len(x.fired) > 0 }

// step takes one step; it returns the sequence that it completes, or nil.
func (x *progress) step(q *sequence, p *party, s *Sighting, t *taken) *partial {
	if !q.binds(t) {
		return nil
	}
	next := partial{step: t.step, bound: t.bound, event: p.events, at: t.at, start: p.commands, began: s.ev.Time}
	if t.step > 0 {
		before := x.before(q, p, s, t)
		if before == nil {
			return nil
		}
		next.start, next.began, next.session = before.start, before.began, before.session
		next.ids, next.matched = slices.Clone(before.ids), slices.Clone(before.matched)
	} else {
		next.session = strings.Clone(s.session.Value)
	}
	next.ids, next.matched = append(next.ids, strings.Clone(s.ev.SourceID)), append(next.matched, t.text)
	if t.step == len(q.steps)-1 {
		return &next
	}
	x.keep(q, next)
	return nil
}

// before returns the partial with the latest start that t may follow.
func (x *progress) before(q *sequence, p *party, s *Sighting, t *taken) *partial {
	var best *partial
	for i := range x.partials {
		b := &x.partials[i]
		switch {
		case b.step != t.step-1 || b.event == p.events && b.at >= t.at:
		case q.same != sameNothing && !b.bound.equal(t.bound, q.same):
		case q.over == overSessions && t.step == len(q.steps)-1 && b.within(p, s):
		case q.commands > 0 && p.commands-b.start > q.commands:
		case q.minutes > 0 && !b.began.IsZero() && !s.ev.Time.IsZero() && s.ev.Time.Sub(b.began) > time.Duration(q.minutes)*time.Minute:
		case best == nil || !earlier(b, best):
			best = b
		}
	}
	return best
}

// within reports whether b began in the session of s.
func (b *partial) within(p *party, s *Sighting) bool {
	return b.event == p.events || s.session.Valid && b.session == s.session.Value
}

// earlier reports whether a began before b.
func earlier(a, b *partial) bool { return a.start < b.start }

// keep remembers a partial in place of one that began before it with the same
// step and value.
func (x *progress) keep(q *sequence, next partial) {
	i := slices.IndexFunc(x.partials, func(b partial) bool {
		return b.step == next.step && (q.same == sameNothing || b.bound == next.bound)
	})
	if i >= 0 && earlier(&next, &x.partials[i]) {
		return
	}
	if i >= 0 {
		x.partials = slices.Delete(x.partials, i, i+1)
	} else if len(x.partials) >= maxPartials {
		x.partials = slices.Delete(x.partials, 0, 1)
	}
	x.partials = append(x.partials, next)
}

// fire makes the tags of a completed sequence: once for each session, or for
// each attacker and day.
func (g *Stage) fire(r *Rule, s *Sighting, x *progress, done *partial) []event.Tag {
	i, _ := s.snap.ruleset.find(r.ID)
	st := &s.snap.effective[i]
	if !st.allows(s.now) {
		return nil
	}
	q := r.sequence()
	head := q.finding(s, done)
	if slices.Contains(x.fired, head.SourceID) {
		return nil
	}
	x.fired = append(x.fired, strings.Clone(head.SourceID))
	if x.over(q) {
		x.partials = nil
	}
	h := &g.scratch.hit
	h.reset(len(r.Emits))
	tags := r.tags(nil, &head, &verdict{scale: h.scale}, st.ceiling, g.scratch, stepEvidence(done))
	if g.watched {
		f := Firing{Rule: r, Tags: tags}
		for i := range done.ids {
			f.Steps = append(f.Steps, FiredStep{done.ids[i], done.matched[i], q.steps[i].node.flow()})
		}
		g.firings = append(g.firings, f)
	}
	return tags
}

// finding returns the event that the tags of a sequence are of.
func (q *sequence) finding(s *Sighting, done *partial) event.Event {
	head := s.ev.Clone()
	switch {
	case q.over >= overAttacker:
		day := "-"
		if !done.began.IsZero() {
			day = done.began.UTC().Format(time.DateOnly)
		}
		head.SourceKind, head.SourceID = event.KindSession.String(), "seq:"+s.decky+":"+s.attacker+"@"+day
	case s.session.Valid:
		head.SourceKind, head.SourceID = event.KindSession.String(), s.session.Value
	}
	return head
}

// stepEvidence says which events and which texts were the steps.
func stepEvidence(done *partial) []byte {
	var b evidenceBuffer
	ids, texts := event.StringsValue(done.ids), event.StringsValue(done.matched)
	b.set("command_ids", &ids, maxEvidenceValue)
	b.set("matched", &texts, maxMatched*len(done.matched))
	return new(evidencePlan).join(nil, b.encode(), &b)
}
