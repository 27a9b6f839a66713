package main

import (
	"log/slog"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/report/accounts"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/worker"
)

// A ruleObserver logs what changes in force, and has it recorded. It is for the
// one goroutine of a Follower.
type ruleObserver struct {
	log      *slog.Logger
	recorder *store.Holder // nil = nothing is recorded
	last     *engine.Ruleset
}

func (o *ruleObserver) observe(u worker.Update) {
	rs := u.Snapshot.Ruleset()
	first := o.last == nil
	for i := range u.Changes {
		if c := &u.Changes[i]; !first || c.Op == worker.Refused {
			o.change(c)
		}
	}
	if rs != o.last {
		o.last = rs
		o.log.Info("in force", "rules", len(rs.Rules()), "ruleset", rs.Hash(), "state", u.Snapshot.StateHash())
		if o.recorder != nil {
			o.recorder.Record(recordOf(rs))
		}
	}
}

func (o *ruleObserver) change(c *worker.Change) {
	switch c.Op {
	case worker.Loaded:
		o.log.Info("rule loaded", "rule", c.RuleID, "version", c.Rule.Version, "name", c.Rule.Name)
	case worker.Removed:
		o.log.Info("rule removed", "rule", c.RuleID)
	case worker.Refused:
		msg, args := "rule file refused", []any{"file", c.File, "errors", len(c.Diagnostics), "first", c.Diagnostics[0].Error()}
		if c.Rule != nil {
			msg, args = msg+", its last good version stays", append(args, "rule", c.Rule.ID, "version", c.Rule.Version)
		}
		o.log.Error(msg, args...)
	case worker.StateSet:
		o.state(c)
	}
}

func (o *ruleObserver) state(c *worker.Change) {
	st := c.State.State
	args := []any{"rule", c.RuleID, "state", st.Mode.String()}
	if st.Mode == event.Clipped {
		args = append(args, "max", st.Max)
	}
	if !st.ExpiresAt.IsZero() {
		args = append(args, "until", st.ExpiresAt.UTC().Format(time.RFC3339))
	}
	o.log.Info("rule state", append(args, "by", st.SetBy, "reason", st.Reason)...)
}

func (v *serving) meta() report.Meta { return metaOf(v.snapshot()) }

// summarize says on stderr what became of the input.
func (v *serving) summarize(a *ingest.Account, st worker.Stats) {
	if a.Late > 0 {
		v.log.Warn("lines came after the clock had closed what they belong to: their log is behind", "lines", a.Late)
	}
	if v.quiet {
		v.logRejected(a)
		return
	}
	acc := accounts.New(a, v.snapshot())
	acc.Tags, acc.BelowFloor = st.Published, st.BelowFloor
	acc.Panics, acc.CutShort, acc.Forgotten = st.Panics, st.CutShort, st.Forgotten
	acc.Interrupted = false // a drain is how serve ends
	// A stderr that nobody reads is no failure.
	_ = acc.WriteText(v.err, v.meta())
	if v.db != nil {
		v.noteSaved(st, v.db)
	}
}

// noteSaved says how many tags were new to db, as a line of the account.
func (s *streams) noteSaved(st worker.Stats, db *sqlite.DB) {
	s.notef("%-10s%s new, %s stored before, in %s", "saved", report.Grouped(int(st.New)), report.Grouped(int(st.Duplicates)), db.Path())
}

// logNote logs what a tagger told while it runs.
func logNote(s *streams, n worker.Note) {
	switch n.Kind {
	case worker.LineRejected:
		s.log.Warn("line rejected", "file", n.Rejection.File, "line", n.Rejection.Line, "reason", n.Rejection.Reason, "so_far", n.Count)
	case worker.KindUnread:
		s.log.Warn("no rule in force reads this kind of event", "kind", n.Event)
	case worker.KindUnknown:
		s.log.Info("events of an unknown kind pass through unhandled", "kind", n.Event)
	case worker.RuleBroke:
		s.log.Warn("a rule broke on an event and was skipped for it", "rule", n.Panic.RuleID, "kind", n.Panic.Kind.String(), "panic", n.Panic.Value)
	case worker.StoreWaits:
		s.log.Error("tags cannot be stored, the input waits", "err", n.Err, "help", databaseHelp(n.Err))
	case worker.StoreResumed:
		s.log.Info("tags are stored again")
	}
}
