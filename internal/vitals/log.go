package vitals

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ttpctl/internal/api"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/fleet"
	"ttpctl/internal/jetstream"
	"ttpctl/internal/lines"
	"ttpctl/internal/publish"
	"ttpctl/internal/store"
	"ttpctl/internal/worker"
)

// A Log says in the log of the process what those who work tell.
type Log struct{ Log *slog.Logger }

// Note logs what a tagger told while it runs.
func (l Log) Note(n worker.Note) {
	switch n.Kind {
	case worker.LineRejected:
		l.Log.Warn("line rejected", "file", n.Rejection.File, "line", n.Rejection.Line, "reason", n.Rejection.Reason, "so_far", n.Count)
	case worker.KindUnread:
		l.Log.Warn("no rule in force reads this kind of event", "kind", n.Event)
	case worker.KindUnknown:
		l.Log.Info("events of an unknown kind pass through unhandled", "kind", n.Event)
	case worker.RuleBroke:
		l.Log.Warn(n.Panic.Message(), "rule", n.Panic.RuleID, "kind", n.Panic.Kind.String(), "panic", n.Panic.Value)
	case worker.StoreWaits:
		l.Log.Error("tags cannot be stored, the input waits", "err", n.Err, "help", store.Help(n.Err))
	case worker.StoreResumed:
		l.Log.Info("tags are stored again")
	case worker.SourceFailed:
		l.Log.Error("a source cannot be read, and is tried again", "source", n.Source, "err", n.Err)
	case worker.NotForgotten:
		l.Log.Warn("what is not needed any more cannot be removed", "source", n.Source, "err", n.Err)
	}
}

// Claimed logs what became of a claim.
func (l Log) Claimed(e fleet.Event) {
	switch e.Kind {
	case fleet.Taken:
		l.Log.Info("a claim is ours", "claim", e.Claim.Name, "epoch", e.Claim.Epoch)
	case fleet.TakenOver:
		l.Log.Warn("a claim is taken over from a process that gave no sign of life", "claim", e.Claim.Name, "epoch", e.Claim.Epoch)
	case fleet.GivenUp:
		l.Log.Info("a claim is given up", "claim", e.Claim.Name)
	case fleet.Lost:
		l.Log.Warn("a claim is lost to another process", "claim", e.Claim.Name)
	case fleet.Unreachable:
		l.Log.Warn("a claim could not be renewed in time, and is let go", "claim", e.Claim.Name)
	}
}

// Published logs what became of an output.
func (l Log) Published(n publish.Note) {
	switch n.Kind {
	case publish.Stuck:
		l.Log.Error("an output is stuck, and is tried again; the others go on", "output", n.Output, "err", n.Err)
	case publish.Resumed:
		l.Log.Info("an output works again", "output", n.Output)
	case publish.Lost:
		l.Log.Error("messages for an output are lost: more waited for it than --outbox-max allows", "output", n.Output, "source", n.Source, "messages", n.Messages)
	}
}

// Followed logs what happened to a log that is followed.
func (l Log) Followed(n lines.Notice) {
	if n.Lost {
		l.Log.Error(n.Text, "log", n.Log)
		return
	}
	l.Log.Info(n.Text, "log", n.Log)
}

// A RuleLog logs what changes in force, and has it recorded. It is for the one
// goroutine of a Follower.
type RuleLog struct {
	Log      *slog.Logger
	Recorder *store.Holder // nil = nothing is recorded

	last *engine.Ruleset
}

// Updated takes an update of the Follower.
func (o *RuleLog) Updated(u worker.Update) {
	rs := u.Snapshot.Ruleset()
	first := o.last == nil
	for i := range u.Changes {
		if c := &u.Changes[i]; !first || c.Op == worker.Refused {
			o.change(c)
		}
	}
	if rs != o.last {
		o.last = rs
		o.Log.Info("in force", "rules", len(rs.Rules()), "ruleset", rs.Hash(), "state", u.Snapshot.StateHash())
		if o.Recorder != nil {
			o.Recorder.Record(store.Record(rs.Rules()))
		}
	}
	if o.Recorder != nil {
		o.Recorder.Say(func(w *store.Worker) { w.Ruleset, w.States = rs.Hash(), u.Snapshot.StateHash() })
	}
}

func (o *RuleLog) change(c *worker.Change) {
	switch c.Op {
	case worker.Loaded:
		o.Log.Info("rule loaded", "rule", c.RuleID, "version", c.Rule.Version, "name", c.Rule.Name)
	case worker.Removed:
		o.Log.Info("rule removed", "rule", c.RuleID)
	case worker.Refused:
		msg, args := "rule file refused", []any{"file", c.File, "errors", len(c.Diagnostics), "first", c.Diagnostics[0].Error()}
		if c.Rule != nil {
			msg, args = msg+", its last good version stays", append(args, "rule", c.Rule.ID, "version", c.Rule.Version)
		}
		o.Log.Error(msg, args...)
	case worker.StateSet:
		o.state(c)
	}
}

func (o *RuleLog) state(c *worker.Change) {
	st := c.State.State
	args := []any{"rule", c.RuleID, "state", st.Mode.String()}
	if st.Mode == event.Clipped {
		args = append(args, "max", st.Max)
	}
	if !st.ExpiresAt.IsZero() {
		args = append(args, "until", st.ExpiresAt.UTC().Format(time.RFC3339))
	}
	o.Log.Info("rule state", append(args, "by", st.SetBy, "reason", st.Reason)...)
}

// Streamed logs what became of a connection to NATS, and of what is read there.
func (l Log) Streamed(n jetstream.Notice) {
	args := []any{}
	for _, a := range []struct {
		name  string
		value any
		given bool
	}{{"source", n.Source, n.Source != ""}, {"messages", n.Lost, n.Lost > 0}, {"err", n.Err, n.Err != nil}} {
		if a.given {
			args = append(args, a.name, a.value)
		}
	}
	say := l.Log.Info
	switch {
	case n.Lost > 0:
		say = l.Log.Error
	case n.Err != nil:
		say = l.Log.Warn
	}
	say(n.Text, args...)
}

// Access logs a request. Nothing in it is what the client wrote.
func (l Log) Access(a api.Access) {
	say := l.Log.Debug
	switch {
	case a.Err != nil && !errors.Is(a.Err, context.Canceled):
		say = l.Log.Error
	case a.Method == "PUT" || a.Method == "DELETE":
		say = l.Log.Info
	}
	args := []any{"method", a.Method, "route", a.Route, "status", a.Status, "from", a.Remote, "token", a.Token, "in", a.In, "out", a.Out, "took", a.Took}
	if a.Err != nil {
		args = append(args, "err", a.Err)
	}
	say("HTTP request", args...)
}

// Refused logs a message that is larger than NATS takes.
func (l Log) Refused(source string, m *store.Message, err error) {
	if m.Topic == store.Forwarded {
		l.Log.Error("an event is too large for NATS: it is set aside, ttpctl db dead-letters shows it, and no tagger gets it", "source", source, "number", m.Seq, "bytes", len(m.Body), "err", err)
		return
	}
	l.Log.Warn("a message is too large for NATS: what it tells of is stored, and was not published there", "source", source, "number", m.Seq, "bytes", len(m.Body), "err", err)
}
