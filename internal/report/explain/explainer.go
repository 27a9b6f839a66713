package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/engine/shell"
	"ttpctl/internal/event"
	"ttpctl/internal/hint"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
)

// Options are what an [Explainer] is asked besides its inputs.
type Options struct {
	Kind    event.Kind // of inputs that are no event
	PWD     string     // the directory in which command lines were typed
	Ask     []string   // rules to explain part by part
	Session bool       // all inputs are one session
}

// An Explainer explains events under one snapshot. It is for one goroutine at
// a time.
type Explainer struct {
	Options
	snapshot *engine.Snapshot
	analyzer *program.Analyzer // made when a line first needs it
	now      time.Time
	scratch  *engine.Scratch
	lines    []string      // of the session so far
	closed   bool          // an input was the session event
	stage    *engine.Stage // of the session, or of the input at hand
	events   int           // explained so far
}

// New returns an explainer of what the rules of snapshot make of events at now.
func New(snapshot *engine.Snapshot, now time.Time, o Options) *Explainer {
	return &Explainer{Options: o, snapshot: snapshot, now: now, scratch: engine.NewScratch()}
}

// Run explains inputs and gives each to write. The error says what is wrong
// with some of them, the others are explained all the same.
func (x *Explainer) Run(ctx context.Context, inputs []Input, write func(*Input) error) error {
	var errs []error
	for _, in := range inputs {
		if ctx.Err() != nil {
			errs = append(errs, context.Cause(ctx))
			break
		}
		if !x.Session {
			x.stage = nil
		}
		if in.IsEvent {
			x.event(&in)
		} else {
			x.text(&in)
		}
		if in.Err != nil {
			errs = append(errs, in.Err)
		}
		if err := write(&in); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	if x.Session && !x.closed && ctx.Err() == nil {
		r := Input{Text: "the session closes", IsEvent: true}
		x.closes(&r)
		errs = append(errs, write(&r))
	}
	return errors.Join(errs...)
}

// closes explains the session event that tells the end of the lines.
func (x *Explainer) closes(r *Input) {
	ev := &event.Event{SourceID: oneSession, AttackerUUID: "explain", IdentityUUID: "explain"}
	ev.SetKind(event.KindSession.String())
	ev.SetField("commands", event.StringsValue(x.lines))
	x.explain(r, ev, nil)
}

// text explains the text that an event of the kind asked for holds.
func (x *Explainer) text(r *Input) {
	ev := textEvent(x.Kind, r.Text, r.Line)
	if x.PWD != "" {
		ev.SetField("pwd", event.StringValue(x.PWD))
	}
	x.explain(r, ev, nil)
}

// event explains an event, decoded as tag would. A JSON string holds no raw
// line end, so that those between values may be blanks.
func (x *Explainer) event(r *Input) {
	text := strings.NewReplacer("\n", " ", "\r", " ").Replace(r.Text)
	inputs := []ingest.Input{{Name: where(r), Reader: strings.NewReader(text)}}
	e := &eventKeeper{room: MaxEvents - x.events}
	cfg := ingest.Config{Format: "ttp", Workers: 1, Fields: event.AllFields()}
	// Without the context: the text is at hand, and what is begun is finished.
	a, err := ingest.Run(context.Background(), inputs, cfg, func() ingest.Evaluator { return e },
		func(*ingest.Batch) error { return nil })
	x.explainAll(r, e.events)
	switch {
	case err != nil:
		r.Err = err
	case len(a.Rejections) > 0:
		r.Err = hint.Errorf("an event has source_kind, source_id, payload, and attacker_uuid, identity_uuid or attacker_ip",
			"%s: %s", where(r), a.Rejections[0].Reason)
	case a.Events > len(r.Events) && len(a.UnknownKinds.Names()) > 0:
		r.Unknown = a.UnknownKinds.Names()[0]
	case a.Events > len(r.Events):
		r.Err = hint.Errorf("explain is for a few; ttpctl tag reads logs of any length",
			"%s: more than %s in all, the others are left out", where(r), report.Plural(MaxEvents, "event"))
	}
}

// where names the input in messages.
func where(in *Input) string {
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
		k.events = append(k.events, ev.Detached())
	}
	return dst
}

// explainAll explains events in order. What a session event brings along is
// judged before it, for its rules may ask what that was tagged with.
func (x *Explainer) explainAll(r *Input, events []event.Event) {
	for i := range events {
		var own []event.Tag
		for k := i + 1; k < len(events) && events[k].FannedOut; k++ {
			own = x.snapshot.Evaluate(own, &events[k], x.now, x.scratch)
		}
		x.scratch.TakeSightings(nil)
		x.explain(r, &events[i], own)
	}
}

func (x *Explainer) explain(r *Input, ev *event.Event, own []event.Tag) {
	x.events++
	if x.stage == nil {
		x.stage = engine.NewStage()
		x.stage.Watch()
	}
	if x.Session {
		x.join(ev)
	}
	e := Event{Kind: ev.Kind, SourceID: ev.SourceID, Shell: engine.ShellView(ev), Request: engine.RequestView(ev), Read: x.snapshot.Ruleset().Needs().Kind(ev.Kind)}
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
	for _, id := range slices.Compact(slices.Sorted(slices.Values(x.Ask))) {
		if why, ok := x.stage.Why(x.snapshot, ev, x.now, x.scratch, id); ok {
			e.Asked = append(e.Asked, completed(why, e.Matches))
		}
	}
	r.Events = append(r.Events, e)
}

// oneSession is the session that all inputs of --session are.
const oneSession = "explain"

// join makes ev an event of the one session, in the directory to which its
// lines have led.
func (x *Explainer) join(ev *event.Event) {
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
func (x *Explainer) analyse(ev *event.Event, v *shell.View) *program.Line {
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

// TakePanics returns the rules that broke since it was last called.
func (x *Explainer) TakePanics() []engine.Panic { return x.scratch.TakePanics() }
