package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"ttpctl/internal/engine"
)

// An explainWriter writes explanations in one format, each as it comes: those
// of hostile lines are long, and nobody keeps them.
type explainWriter interface {
	write(r *explained) error
	finish(err error) error // err is what is wrong with the inputs
}

// explainOutputs writes each explanation to every output.
type explainOutputs struct {
	sinks   []*sink
	writers []explainWriter
}

func newExplainOutputs(list []output, x *explainer, s *streams) (*explainOutputs, error) {
	sinks, err := s.openOutputs(list)
	if err != nil {
		return nil, err
	}
	o := &explainOutputs{sinks: sinks}
	for _, k := range sinks {
		if k.format == "json" {
			o.writers = append(o.writers, &explainJSON{w: k, snapshot: x.snapshot})
			continue
		}
		o.writers = append(o.writers, newExplainText(k, s))
	}
	return o, nil
}

func (o *explainOutputs) write(r *explained) error {
	for i, w := range o.writers {
		if err := w.write(r); err != nil {
			return o.sinks[i].fault(err)
		}
	}
	return nil
}

// finish completes every output, also after one of them failed.
func (o *explainOutputs) finish(err error) error {
	var errs []error
	for i, w := range o.writers {
		k := o.sinks[i]
		if err := w.finish(err); err != nil {
			k.abandon()
			errs = append(errs, k.fault(err))
			continue
		}
		errs = append(errs, k.commit())
	}
	return joinErrors(errs...)
}

// An explainJSON writes the envelope around the explanations: what stands
// before them, them, what stands behind.
type explainJSON struct {
	w        io.Writer
	snapshot *engine.Snapshot
	summary  jsonExplainSummary
	commands []jsonSimple // of the input when it is one line
}

func (j *explainJSON) write(r *explained) error {
	lead := ","
	if j.summary.Inputs == 0 {
		head, _, err := j.around(nil)
		if err != nil {
			return err
		}
		lead = head
	}
	j.summary.add(r)
	if j.commands = nil; j.summary.Inputs == 1 && len(r.events) == 1 {
		j.commands = commandsJSON(r.events[0].line)
	}
	if _, err := io.WriteString(j.w, lead+"\n      "); err != nil {
		return err
	}
	text, err := indentedJSON(r.json(), "      ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(j.w, text)
	return err
}

// indentedJSON returns v as it stands in an envelope behind indent.
func indentedJSON(v any, indent string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(indent, "  ")
	err := enc.Encode(v)
	return strings.TrimRight(b.String(), "\n"), err
}

func (j *explainJSON) finish(err error) error {
	head, tail, fault := j.around(err)
	if fault != nil {
		return fault
	}
	if j.summary.Inputs > 0 {
		head = "\n    "
	}
	if j.commands != nil {
		text, err := indentedJSON(j.commands, "    ")
		if err != nil {
			return err
		}
		tail = ",\n    \"commands\": " + text + "\n  }" + tail
	} else {
		tail = "\n  }" + tail
	}
	_, fault = io.WriteString(j.w, head+"]"+tail)
	return fault
}

// around returns what stands before and behind the list of inputs.
func (j *explainJSON) around(err error) (head, tail string, fault error) {
	e := newEnvelope("ttpctl.explain/v1", err)
	e.RulesetHash, e.StateHash, e.Summary = j.snapshot.Ruleset().Hash(), j.snapshot.StateHash(), j.summary
	head, tail, fault = e.Around("  ")
	return head + "{\n    \"inputs\": [", tail, fault
}

// add counts an input.
func (s *jsonExplainSummary) add(r *explained) {
	s.Inputs++
	s.Events += len(r.events)
	if r.err != nil {
		s.Failed++
	}
	for i := range r.events {
		for _, m := range r.events[i].matches {
			s.Tags += len(m.Tags)
			if m.Verdict == engine.Fires {
				s.Fired++
			}
		}
	}
}
