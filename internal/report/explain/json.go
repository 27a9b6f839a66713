package explain

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
)

// A documentWriter writes the envelope around the explanations: what stands before
// them, them, what stands behind.
type documentWriter struct {
	w         io.Writer
	meta      report.Meta
	catalogue *attack.Catalogue
	summary   jsonExplainSummary
	commands  []jsonSimple // of the input when it is one line
}

func newJSON(w io.Writer, c *attack.Catalogue, m report.Meta) Writer {
	return &documentWriter{w: w, meta: m, catalogue: c}
}

func (j *documentWriter) Write(r *Input) error {
	lead := ","
	if j.summary.Inputs == 0 {
		head, _, err := j.around(nil)
		if err != nil {
			return err
		}
		lead = head
	}
	j.summary.add(r)
	if j.commands = nil; j.summary.Inputs == 1 && len(r.Events) == 1 {
		j.commands = commandsJSON(r.Events[0].Line)
	}
	if _, err := io.WriteString(j.w, lead+"\n      "); err != nil {
		return err
	}
	text, err := indentedJSON(r.json(j.catalogue), "      ")
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

func (j *documentWriter) Finish(problems []report.Problem) error {
	head, tail, fault := j.around(problems)
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
func (j *documentWriter) around(problems []report.Problem) (head, tail string, fault error) {
	e := report.Envelope{Schema: "ttpctl.explain/v1", Meta: j.meta, Summary: j.summary, Problems: problems}
	head, tail, fault = e.Around("  ")
	return head + "{\n    \"inputs\": [", tail, fault
}

// add counts an input.
func (s *jsonExplainSummary) add(r *Input) {
	s.Inputs++
	s.Events += len(r.Events)
	if r.Err != nil {
		s.Failed++
	}
	for i := range r.Events {
		for _, m := range r.Events[i].Matches {
			s.Tags += len(m.Tags)
			if m.Verdict == engine.Fires {
				s.Fired++
			}
		}
	}
}
