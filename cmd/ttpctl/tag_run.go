package main

import (
	"context"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/report/accounts"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/worker"
)

// A tagging is one run of tag: what is in force, at one instant, for all of it,
// and what becomes of the tags.
type tagging struct {
	snapshot *engine.Snapshot
	filter   *event.Filter
	now      time.Time  // passed to every Evaluate: states stay as resolved at the start
	db       *sqlite.DB // nil = it does not exist, or the run does not need it
	save     bool
}

// tagger returns what turns the inputs into tags for out.
func (t *tagging) tagger(out *tagOutputs, s *streams) *worker.Tagger {
	w := &worker.Tagger{
		InForce: func() *engine.Snapshot { return t.snapshot }, Now: func() time.Time { return t.now },
		Filter: *t.filter, Publish: out.write, Observe: func(n worker.Note) {
			if n.Kind == worker.RuleBroke { // the account says the rest, when all is counted
				logNote(s, n)
			}
		},
	}
	if t.save {
		w.Tags = t.db.Tags()
	}
	return w
}

// makeDB makes the database when there is none yet: last, once all else is
// known to be well.
func (f *tagFlags) makeDB(ctx context.Context, db *sqlite.DB, s *streams) (*sqlite.DB, error) {
	if db != nil {
		return db, nil
	}
	file, err := dbFile(f.origin.db, s)
	if err != nil {
		return nil, err
	}
	return makeDB(ctx, file, s)
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
	rs := snap.Ruleset()
	return report.Meta{ToolVersion: readBuild().Version, AttackRelease: rs.Catalogue().Release(), RulesetHash: rs.Hash()}
}

// account puts together what was read and what came of it.
func (t *tagging) account(a *ingest.Account, st worker.Stats) *report.Account {
	acc := accounts.New(a, t.snapshot)
	acc.Tags, acc.Filtered, acc.FilteredOut = st.Published, st.Outside, st.LeftOut
	acc.BelowFloor, acc.Panics, acc.CutShort, acc.Forgotten = st.BelowFloor, st.Panics, st.CutShort, st.Forgotten
	return acc
}

// warnUnread logs, once each, the kinds of events that no rule reads, the
// files without a line.
func (t *tagging) warnUnread(a *ingest.Account, s *streams) {
	for _, k := range event.Kinds() {
		if a.Kinds[k] > 0 && !t.snapshot.Ruleset().Needs().Kind(k) {
			s.log.Warn("no rule in force reads this kind of event", "kind", k.String(), "events", a.Kinds[k])
		}
	}
	for _, name := range a.UnknownKinds.Names() {
		s.log.Info("events of an unknown kind pass through unhandled", "kind", name, "events", a.UnknownKinds.Count(name))
	}
	s.warnInput(a)
	for _, why := range a.MailUnread.Names() {
		s.log.Warn("stored mail could not be read", "reason", why, "messages", a.MailUnread.Count(why))
	}
}

// warnInput logs what whoever reads telemetry should know of the input.
func (s *streams) warnInput(a *ingest.Account) {
	for _, name := range a.Empty {
		s.log.Warn("this file has no lines", "file", name)
	}
	if a.Evicted > 0 {
		s.log.Warn("more sessions and aggregates were open at once than are remembered; the least active were closed early", "closed", a.Evicted)
	}
	for _, f := range a.Unknown {
		s.log.Warn(f.Err.Error(), "file", f.File)
	}
	if a.Late > 0 {
		s.log.Warn("lines came after the clock had closed what they belong to: their log is behind", "lines", a.Late)
	}
}
