package main

import (
	"context"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/report/costs"
	"ttpctl/internal/store"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// A tagging is one run of tag: what is in force, at one instant, for all of it,
// and what becomes of the tags.
type tagging struct {
	snapshot *engine.Snapshot
	filter   *event.Filter
	now      time.Time      // passed to every Evaluate: states stay as resolved at the start
	db       store.Database // nil = it does not exist, or the run does not need it
	save     bool
	export   report.Export
	profiler *engine.Profiler // of --profile-rules; nil = off
	// With --follow, what is followed, and what stdin is called.
	paths     []string
	stdinName string
	live      bool // the terminal is redrawn
}

func (t *tagging) inForce() *engine.Snapshot { return t.snapshot }

func (t *tagging) instant() time.Time { return t.now }

// tagger returns what turns the inputs into tags.
func (t *tagging) tagger(publish func([]event.Tag) error, s *streams) *worker.Tagger {
	w := &worker.Tagger{
		InForce: t.inForce, Now: t.instant,
		Filter: *t.filter, Profiler: t.profiler, Publish: publish, Observe: func(n worker.Note) {
			if n.Kind == worker.RuleBroke { // the account says the rest, when all is counted
				vitals.Log{Log: s.log}.Note(n)
			}
		},
	}
	if t.save {
		w.Tags = t.db.Tags()
	}
	return w
}

// profiledEvents and profiledRules are how many events a timed one stands for, and
// how many rules are shown.
const profiledEvents, profiledRules = 32, 30

// writeProfile says on stderr, which nobody may read, what the rules cost.
func (t *tagging) writeProfile(s *streams) {
	if t.profiler != nil {
		text := report.TextOptions{Width: s.err.width(s), Color: s.palette(s.err.tty).On}
		_ = report.WriteParts(s.err, false, costs.New(t.profiler).Parts(profiledRules), text)
	}
}

// makeDB makes the database when there is none yet: last, once all else is
// known to be well.
func (f *tagFlags) makeDB(ctx context.Context, db store.Database, s *streams) (store.Database, error) {
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

// warnUnread logs what whoever reads events should know of them and of the input.
func (t *tagging) warnUnread(a *ingest.Account, s *streams) {
	vitals.Log{Log: s.log}.Unread(a, t.snapshot.Ruleset().Needs())
}

// warnInput logs what whoever reads telemetry should know of the input.
func (s *streams) warnInput(a *ingest.Account) { vitals.Log{Log: s.log}.Input(a) }
