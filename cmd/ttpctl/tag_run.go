package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/store/sqlite"
)

// A tagging is one run of tag: what is in force, at one instant, for all of
// its workers, and what they counted.
type tagging struct {
	snapshot *engine.Snapshot
	filter   *event.Filter
	now      time.Time  // passed to every Evaluate: states stay as resolved at the start
	db       *sqlite.DB // nil = there is none, or nothing of it is wanted
	saver    *saver     // nil = tags are not stored

	mu      sync.Mutex
	workers []*tagger
}

// A tagger evaluates events on one goroutine.
type tagger struct {
	run     *tagging
	scratch *engine.Scratch

	tags, timeless, leftOut int64
}

func (t *tagging) newTagger() ingest.Evaluator {
	w := &tagger{run: t, scratch: engine.NewScratch()}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.workers = append(t.workers, w)
	return w
}

// Evaluate implements [ingest.Evaluator].
func (w *tagger) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	if !w.run.filter.Covers(ev) {
		w.timeless++
		return dst
	}
	begin := len(dst)
	dst = w.run.snapshot.Evaluate(dst, ev, w.run.now, w.scratch)
	if w.run.saver != nil {
		return dst // all are stored; deliverTo filters what is printed
	}
	kept := w.run.filter.Keep(dst, begin)
	w.leftOut += int64(len(dst) - len(kept))
	w.tags += int64(len(kept) - begin)
	return kept
}

// deliverTo returns the sink of the run's pipeline.
func (t *tagging) deliverTo(ctx context.Context, out *tagOutputs) func(*ingest.Batch) error {
	if t.saver == nil {
		return func(b *ingest.Batch) error { return out.write(b.Tags) }
	}
	return func(b *ingest.Batch) error {
		if err := t.saver.save(ctx, b.Tags); err != nil {
			return err
		}
		kept := t.filter.Keep(b.Tags, 0)
		t.saver.leftOut += int64(len(b.Tags) - len(kept))
		t.saver.printed += int64(len(kept))
		return out.write(kept)
	}
}

// meta is what results say about the run.
func (t *tagging) meta() report.Meta { return metaOf(t.snapshot) }

func metaOf(snap *engine.Snapshot) report.Meta {
	m := rulesMeta(snap)
	m.StateHash = snap.StateHash()
	return m
}

// rulesMeta is metaOf where states play no part.
func rulesMeta(snap *engine.Snapshot) report.Meta {
	m := buildMeta()
	m.RulesetHash = snap.Ruleset().Hash()
	return m
}

// account puts together what the readers and the workers counted.
func (t *tagging) account(a *ingest.Account) *report.Account {
	acc := newAccount(a, t.snapshot)
	for _, w := range t.workers {
		acc.Tags += w.tags
		acc.Filtered += w.timeless
		acc.FilteredOut += w.leftOut
		acc.BelowFloor += int64(w.scratch.BelowFloor)
		acc.Panics += int64(w.scratch.PanicCount)
	}
	if t.saver != nil {
		acc.Tags, acc.FilteredOut = t.saver.printed, t.saver.leftOut
	}
	return acc
}

// newAccount puts together what the readers counted under what is in force.
func newAccount(a *ingest.Account, snap *engine.Snapshot) *report.Account {
	rs := snap.Ruleset()
	acc := &report.Account{
		Files: a.Files, Bytes: a.Bytes, Lines: int64(a.Lines),
		Direct: int64(a.Direct), Absorbed: int64(a.Absorbed), Rejected: int64(a.Rejected), Blank: int64(a.Blank),
		Ignored: counts(&a.IgnoredTypes), Unhandled: unhandled(a, rs),
		Events: int64(a.Events), Derived: int64(a.Events - a.Direct),
		Rules: len(rs.Rules()), Interrupted: a.Interrupted,
	}
	for _, r := range a.Rejections {
		acc.Reasons = append(acc.Reasons, fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Reason))
	}
	for _, e := range a.Errors {
		acc.Errors = append(acc.Errors, e.Error())
	}
	addStates(acc, snap)
	return acc
}

// counts returns a tally by name, the names it did not keep together.
func counts(t *ingest.Tally) map[string]int64 {
	m := make(map[string]int64)
	for name, n := range t.Counts() {
		m[name] = int64(n)
	}
	if t.Other > 0 {
		m["others"] += int64(t.Other)
	}
	return m
}

// unhandled returns the events that no rule reads: those of unknown kinds,
// and of known ones that the ruleset has no rule for.
func unhandled(a *ingest.Account, rs *engine.Ruleset) map[string]int64 {
	m := counts(&a.UnknownKinds)
	for _, k := range event.Kinds() {
		if n := a.Kinds[k]; n > 0 && !rs.Needs().Kind(k) {
			m[k.String()] += int64(n)
		}
	}
	return m
}

// addStates names the rules that an operator has switched off or clipped.
func addStates(acc *report.Account, snap *engine.Snapshot) {
	states := snap.States()
	for _, r := range snap.Ruleset().Rules() {
		switch states[r.ID].Mode {
		case event.Disabled:
			acc.Disabled = append(acc.Disabled, r.ID)
		case event.Clipped:
			acc.Clipped = append(acc.Clipped, r.ID)
		}
	}
}

// warnUnread logs, once each, the kinds of events that no rule reads, the
// files without a line and the rules that broke.
func (t *tagging) warnUnread(a *ingest.Account, s *streams) {
	for _, k := range event.Kinds() {
		if a.Kinds[k] > 0 && !t.snapshot.Ruleset().Needs().Kind(k) {
			s.log.Warn("no rule in force reads this kind of event", "kind", k.String(), "events", a.Kinds[k])
		}
	}
	for _, name := range a.UnknownKinds.Names() {
		s.log.Info("events of an unknown kind pass through unhandled", "kind", name, "events", a.UnknownKinds.Count(name))
	}
	for _, name := range a.Empty {
		s.log.Warn("this file has no lines", "file", name)
	}
	if a.Evicted > 0 {
		s.log.Warn("more sessions and aggregates were open at once than are remembered; the least active were closed early", "closed", a.Evicted)
	}
	for _, why := range a.MailUnread.Names() {
		s.log.Warn("stored mail could not be read", "reason", why, "messages", a.MailUnread.Count(why))
	}
	for _, w := range t.workers {
		for _, p := range w.scratch.TakePanics() {
			s.log.Warn("a rule broke on an event and was skipped for it", "rule", p.RuleID, "kind", p.Kind.String(), "panic", p.Value)
		}
	}
}
