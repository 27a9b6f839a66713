package report

import (
	"encoding/json"
	"io"
	"strings"
)

// Meta is what every JSON result says about the run that made it. A hash that
// nobody made is "", and null in JSON.
type Meta struct {
	ToolVersion   string
	RulesetHash   string
	StateHash     string
	AttackRelease string // 19.1
}

// An Envelope is the document in which every verb gives its JSON result
// (CLI.md).
type Envelope struct {
	Schema string // ttpctl.<verb>/v<n>; n grows when a reader could break
	Meta
	Data     any
	Summary  any
	Problems []Problem // of the tool, not of its input
}

// A Problem is a failure of the tool as machines read it.
type Problem struct {
	Message string `json:"message"`
	Help    string `json:"help,omitempty"` // the next thing to try
}

// A document is an Envelope in the order and under the names of its members.
type document struct {
	Schema        string    `json:"schema"`
	ToolVersion   string    `json:"tool_version"`
	RulesetHash   *string   `json:"ruleset_hash"`
	StateHash     *string   `json:"state_hash"`
	AttackRelease string    `json:"attack_release"`
	Data          any       `json:"data"`
	Summary       any       `json:"summary"`
	Errors        []Problem `json:"errors"`
}

func (e *Envelope) document() document {
	d := document{
		Schema: e.Schema, ToolVersion: e.ToolVersion, RulesetHash: orNull(e.RulesetHash), StateHash: orNull(e.StateHash),
		AttackRelease: e.AttackRelease, Data: e.Data, Summary: e.Summary, Errors: e.Problems,
	}
	if d.Errors == nil {
		d.Errors = []Problem{}
	}
	return d
}

func orNull(hash string) *string {
	if hash == "" {
		return nil
	}
	return &hash
}

// Write writes the envelope indented.
func (e *Envelope) Write(w io.Writer) error { return WriteJSON(w, e.document()) }

// As writes e as JSON, or lets text write what people read, which has no envelope.
func (e *Envelope) As(format string, w io.Writer, text func() error) error {
	if format == "json" {
		return e.Write(w)
	}
	return text()
}

// Around returns what stands before the value of data and behind it, for data
// that is written piece by piece. The head does not depend on the summary and
// the problems, which stand behind. indent is as in [json.MarshalIndent]; ""
// gives one line.
func (e *Envelope) Around(indent string) (head, tail string, err error) {
	d := e.document()
	d.Data = 0
	var b strings.Builder
	if err := encode(&b, d, indent); err != nil {
		return "", "", err
	}
	sep := `"data":`
	if indent != "" {
		sep += " "
	}
	// Quotes within a string are escaped, so that this is the member's name.
	head, tail, _ = strings.Cut(b.String(), sep+"0")
	return head + sep, tail, nil
}

// WriteJSON writes v indented, for people and for diffs; angle brackets stay
// readable.
func WriteJSON(w io.Writer, v any) error { return encode(w, v, "  ") }

func encode(w io.Writer, v any, indent string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}
