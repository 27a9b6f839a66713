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
)

// An explainer explains events under one snapshot. It is for one goroutine at
// a time.
type explainer struct {
	snapshot *engine.Snapshot
	analyzer *program.Analyzer // made when a line first needs it
	pwd      string            // of command lines
	ask      []string          // rules to explain part by part
	now      time.Time
	scratch  *engine.Scratch
	events   int // explained so far
}

// An explained input is what came of it: events, or why there are none.
type explained struct {
	explainInput
	events  []explainedEvent
	unknown string // a source_kind that this version does not know
	err     error
}

// An explainedEvent is an event and what the rules make of it. A session is
// followed by its commands.
type explainedEvent struct {
	kind     event.Kind
	sourceID string
	command  string      // command_text of a command
	shell    *shell.View // of a command
	line     *program.Line
	read     bool // some rule reads events of this kind
	matches  []engine.Explanation
	asked    []engine.Explanation // in rule_id order
}

// run explains inputs and gives each to write. The error says what is wrong
// with some of them, the others are explained all the same.
func (x *explainer) run(ctx context.Context, inputs []explainInput, write func(*explained) error) error {
	var errs []error
	for _, in := range inputs {
		if ctx.Err() != nil {
			errs = append(errs, context.Cause(ctx))
			break
		}
		r := explained{explainInput: in}
		if in.event {
			x.event(&r)
		} else {
			x.commandLine(&r)
		}
		if r.err != nil {
			errs = append(errs, r.err)
		}
		if err := write(&r); err != nil {
			errs = append(errs, err)
			break
		}
	}
	return joinErrors(errs...)
}

// commandLine explains a raw command line as the event of an attacker
// resolved to an identity, so that no rule stays silent for want of either.
func (x *explainer) commandLine(r *explained) {
	ev := &event.Event{SourceID: "explain", AttackerUUID: "explain", IdentityUUID: "explain"}
	ev.SetKind(event.KindCommand.String())
	ev.SetField("command_text", event.StringValue(r.text))
	if x.pwd != "" {
		ev.SetField("pwd", event.StringValue(x.pwd))
	}
	x.explain(r, ev)
}

// event explains an event, decoded as tag would. A JSON string holds no raw
// line end, so that those between values may be blanks.
func (x *explainer) event(r *explained) {
	text := strings.NewReplacer("\n", " ", "\r", " ").Replace(r.text)
	inputs := []ingest.Input{{Name: r.where(), Reader: strings.NewReader(text)}}
	cfg := ingest.Config{Format: "ttp", Workers: 1, Fields: event.AllFields()}
	// Without the context: the text is at hand, and what is begun is finished.
	a, err := ingest.Run(context.Background(), inputs, cfg, func() ingest.Evaluator { return &eventExplainer{x, r} },
		func(*ingest.Batch) error { return nil })
	switch {
	case err != nil:
		r.err = err
	case len(a.Rejections) > 0:
		r.err = cannotRun("an event has source_kind, source_id, payload, and attacker_uuid, identity_uuid or attacker_ip",
			"%s: %s", r.where(), a.Rejections[0].Reason)
	case a.Events > len(r.events) && len(a.UnknownKinds.Names()) > 0:
		r.unknown = a.UnknownKinds.Names()[0]
	case a.Events > len(r.events):
		r.err = cannotRun("explain is for a few; ttpctl tag reads logs of any length",
			"%s: more than %s in all, the others are left out", r.where(), report.Plural(maxExplainEvents, "event"))
	}
}

// where names the input in messages.
func (in *explainInput) where() string {
	if in.line > 0 {
		return fmt.Sprintf("stdin:%d", in.line)
	}
	return "event"
}

// An eventExplainer explains the events of one line.
type eventExplainer struct {
	x *explainer
	r *explained
}

// Evaluate implements [ingest.Evaluator].
func (e *eventExplainer) Evaluate(dst []event.Tag, ev *event.Event) []event.Tag {
	if e.x.events < maxExplainEvents {
		e.x.explain(e.r, ev)
	}
	return dst
}

func (x *explainer) explain(r *explained, ev *event.Event) {
	x.events++
	e := explainedEvent{kind: ev.Kind, sourceID: ev.SourceID, shell: engine.ShellView(ev), read: x.snapshot.Ruleset().Needs().Kind(ev.Kind)}
	e.line = x.analyse(ev, e.shell)
	if id, ok := event.LookupField(ev.Kind, "command_text"); ok && ev.Kind == event.KindCommand {
		e.command, _ = ev.Text(id)
	}
	e.matches = x.snapshot.Matches(ev, x.now, x.scratch)
	for _, id := range slices.Compact(slices.Sorted(slices.Values(x.ask))) {
		if why, ok := x.snapshot.Explain(ev, x.now, x.scratch, id); ok {
			e.asked = append(e.asked, why)
		}
	}
	r.events = append(r.events, e)
}

// warnPanics logs the rules that broke.
func (x *explainer) warnPanics(s *streams) {
	for _, p := range x.scratch.TakePanics() {
		s.log.Warn("a rule broke on an event and was skipped for it", "rule", p.RuleID, "kind", p.Kind.String(), "panic", p.Value)
	}
}
