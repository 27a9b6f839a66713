package main

import (
	"encoding/json"
	"io"

	"ttpctl/internal/attack"
)

// An envelope is what every JSON result comes in.
type envelope struct {
	Schema        string      `json:"schema"` // ttpctl.<verb>/v<n>; n grows when a reader could break
	ToolVersion   string      `json:"tool_version"`
	RulesetHash   *string     `json:"ruleset_hash"` // null where no ruleset came about
	StateHash     *string     `json:"state_hash"`   // null where states play no part
	AttackRelease string      `json:"attack_release"`
	Data          any         `json:"data"`
	Summary       any         `json:"summary"`
	Errors        []toolError `json:"errors"` // of the tool, not of its input; empty when it ran
}

// newEnvelope returns an envelope of the schema with what the build knows. err
// is what went wrong with the tool.
func newEnvelope(schema string, err error) envelope {
	errs := toolErrors(err)
	if errs == nil {
		errs = []toolError{}
	}
	return envelope{
		Schema:        schema,
		ToolVersion:   readBuild().Version,
		AttackRelease: attack.Default().Release(),
		Errors:        errs,
	}
}

// renderAs writes data in an envelope, or for people as table does. What has
// no diagnostics has no other format.
func (s *streams) renderAs(out outputs, schema string, data any, table func(*sink)) error {
	list, err := out.choose("table", "table", "json")
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error {
		if k.format == "table" {
			table(k)
			return nil
		}
		e := newEnvelope(schema, nil)
		e.Data = data
		return writeJSON(k, e)
	})
}

// writeJSON writes v indented, for people and for diffs; angle brackets stay
// readable.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
