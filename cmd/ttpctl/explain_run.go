package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/report/explain"
)

// An explainer explains events under one snapshot. It is for one goroutine at
// a time.
type explainer struct {
	snapshot *engine.Snapshot
	analyzer *program.Analyzer // made when a line first needs it
	kind     event.Kind        // of inputs that are no event
	pwd      string            // of command lines
	ask      []string          // rules to explain part by part
	now      time.Time
	scratch  *engine.Scratch
	session  bool          // all inputs are one session
	lines    []string      // of the session so far
	closed   bool          // an input was the session event
	stage    *engine.Stage // of the session, or of the input at hand
	events   int           // explained so far
}

// run explains inputs and gives each to write. The error says what is wrong
// with some of them, the others are explained all the same.
func (x *explainer) run(ctx context.Context, inputs []explainInput, write func(*explain.Input) error) error {
	var errs []error
	for _, in := range inputs {
		if ctx.Err() != nil {
			errs = append(errs, context.Cause(ctx))
			break
		}
		if !x.session {
			x.stage = nil
		}
		r := explain.Input{Text: in.text, IsEvent: in.event, Line: in.line}
		if in.event {
			x.event(&r)
		} else {
			x.text(&r)
		}
		if r.Err != nil {
			errs = append(errs, r.Err)
		}
		if err := write(&r); err != nil {
			return joinErrors(append(errs, err)...)
		}
	}
	if x.session && !x.closed && ctx.Err() == nil {
		r := explain.Input{Text: "the session closes", IsEvent: true}
		x.closes(&r)
		errs = append(errs, write(&r))
	}
	return joinErrors(errs...)
}

// closes explains the session event that tells the end of the lines.
func (x *explainer) closes(r *explain.Input) {
	ev := &event.Event{SourceID: oneSession, AttackerUUID: "explain", IdentityUUID: "explain"}
	ev.SetKind(event.KindSession.String())
	ev.SetField("commands", event.StringsValue(x.lines))
	x.explain(r, ev, nil)
}

// text explains the text that an event of the kind asked for holds.
func (x *explainer) text(r *explain.Input) {
	ev := textEvent(x.kind, r.Text, r.Line)
	if x.pwd != "" {
		ev.SetField("pwd", event.StringValue(x.pwd))
	}
	x.explain(r, ev, nil)
}

// event explains an event, decoded as tag would. A JSON string holds no raw
// line end, so that those between values may be blanks.
func (x *explainer) event(r *explain.Input) {
	text := strings.NewReplacer("\n", " ", "\r", " ").Replace(r.Text)
	inputs := []ingest.Input{{Name: where(r), Reader: strings.NewReader(text)}}
	e := &eventKeeper{room: maxExplainEvents - x.events}
	cfg := ingest.Config{Format: "ttp", Workers: 1, Fields: event.AllFields()}
	// Without the context: the text is at hand, and what is begun is finished.
	a, err := ingest.Run(context.Background(), inputs, cfg, func() ingest.Evaluator { return e },
		func(*ingest.Batch) error { return nil })
	x.explainAll(r, e.events)
	switch {
	case err != nil:
		r.Err = err
	case len(a.Rejections) > 0:
		r.Err = cannotRun("an event has source_kind, source_id, payload, and attacker_uuid, identity_uuid or attacker_ip",
			"%s: %s", where(r), a.Rejections[0].Reason)
	case a.Events > len(r.Events) && len(a.UnknownKinds.Names()) > 0:
		r.Unknown = a.UnknownKinds.Names()[0]
	case a.Events > len(r.Events):
		r.Err = cannotRun("explain is for a few; ttpctl tag reads logs of any length",
			"%s: more than %s in all, the others are left out", where(r), report.Plural(maxExplainEvents, "event"))
	}
}

// where names the input in messages.
func where(in *explain.Input) string {
	if in.Line > 0 {
		return fmt.Sprintf("stdin:%d", in.Line)
	}
	return "event"
}

// An eventKeeper keeps the events of one line, as many as there is room for.
type eventKeeper struct {
	events []event.Event
	room   int
}

// Evaluate implements [ingest.Evaluator].
func (k *eventKeeper) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	if len(k.events) < k.room {
		k.events = append(k.events, ev.Clone())
	}
	return dst
}

// explainAll explains events in order. What a session event brings along is
// judged before it, for its rules may ask what that was tagged with.
func (x *explainer) explainAll(r *explain.Input, events []event.Event) {
	for i := range events {
		var own []event.Tag
		for k := i + 1; k < len(events) && events[k].FannedOut; k++ {
			own = x.snapshot.Evaluate(own, &events[k], x.now, x.scratch)
		}
		x.scratch.TakeSightings(nil)
		x.explain(r, &events[i], own)
	}
}

func (x *explainer) explain(r *explain.Input, ev *event.Event, own []event.Tag) {
	x.events++
	if x.stage == nil {
		x.stage = engine.NewStage()
		x.stage.Watch()
	}
	if x.session {
		x.join(ev)
	}
	e := explain.Event{Kind: ev.Kind, SourceID: ev.SourceID, Shell: engine.ShellView(ev), Request: engine.RequestView(ev), Read: x.snapshot.Ruleset().Needs().Kind(ev.Kind)}
	if e.Request != nil {
		e.Shell = e.Request.Shell
	}
	e.Line = x.analyse(ev, e.Shell)
	if id, ok := event.LookupField(ev.Kind, "command_text"); ok && ev.Kind == event.KindCommand {
		e.Command, _ = ev.Text(id)
		x.lines = append(x.lines, e.Command)
	}
	e.Matches = x.snapshot.Matches(ev, x.now, x.scratch)
	e.Matches = x.stage.Explain(x.snapshot, ev, own, x.now, x.scratch, e.Matches)
	for _, id := range slices.Compact(slices.Sorted(slices.Values(x.ask))) {
		if why, ok := x.stage.Why(x.snapshot, ev, x.now, id); ok {
			e.Asked = append(e.Asked, completed(why, e.Matches))
		}
	}
	r.Events = append(r.Events, e)
}

// oneSession is the session that all inputs of --session are.
const oneSession = "explain"

// join makes ev an event of the one session, in the directory to which its
// lines have led.
func (x *explainer) join(ev *event.Event) {
	ev.SessionID, ev.DeckyID = event.Some(oneSession), event.OptString{}
	x.closed = x.closed || ev.Kind == event.KindSession
	if id, ok := event.LookupField(ev.Kind, "pwd"); ok && ev.Value(id) == nil {
		if dir := x.stage.Dir("", oneSession); dir != "" {
			ev.Set(id, event.StringValue(dir))
		}
	}
}

// completed says of a rule that was asked for that the stage found it to fire.
func completed(why engine.Explanation, matches []engine.Explanation) engine.Explanation {
	for _, m := range matches {
		if m.Rule == why.Rule && m.Verdict == engine.Fires {
			why.Verdict, why.Tags, why.Steps = m.Verdict, m.Tags, m.Steps
		}
	}
	return why
}

// analyse says what the commands of a shell view are and would do; nil without
// one.
func (x *explainer) analyse(ev *event.Event, v *shell.View) *program.Line {
	if v == nil {
		return nil
	}
	pwd := ""
	if id, ok := event.LookupField(ev.Kind, "pwd"); ok {
		pwd, _ = ev.Text(id)
	}
	if x.analyzer == nil {
		programs, err := program.NewTable()
		if err != nil {
			panic("ttpctl: " + err.Error()) // its own tests read the table
		}
		x.analyzer = programs.NewAnalyzer()
	}
	l := &program.Line{}
	x.analyzer.Analyze(v, pwd, l)
	return l
}

// warnPanics logs the rules that broke.
func (x *explainer) warnPanics(s *streams) {
	for _, p := range x.scratch.TakePanics() {
		s.log.Warn("a rule broke on an event and was skipped for it", "rule", p.RuleID, "kind", p.Kind.String(), "panic", p.Value)
	}
}
