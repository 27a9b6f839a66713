package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

func TestJSONSchema(t *testing.T) {
	lifters := map[string][]Param{
		"lifter:b": {{Name: "limit", Type: ParamNumber, Required: true, Min: 1, Max: 9}, {Name: "flag", Type: ParamBool, Default: true}},
		"lifter:a": {{Name: "words", Type: ParamStrings, OneOf: []string{"x", "y"}}, {Name: "pairs", Type: ParamPairs}},
	}
	first := JSONSchema(lifters)
	for range 5 {
		if !bytes.Equal(first, JSONSchema(lifters)) {
			t.Fatal("two runs differ")
		}
	}
	var schema struct {
		Required   []string                   `json:"required"`
		Properties map[string]json.RawMessage `json:"properties"`
		Defs       struct {
			Block struct {
				Properties map[string]json.RawMessage `json:"properties"`
			} `json:"block"`
			Match struct {
				AnyOf []struct {
					Properties struct {
						Kind struct {
							Const string `json:"const"`
						} `json:"kind"`
					} `json:"properties"`
				} `json:"anyOf"`
			} `json:"match"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(first, &schema); err != nil {
		t.Fatal(err)
	}
	for _, k := range ruleKeys() {
		if s := schema.Properties[k.name]; len(s) == 0 || string(s) == "null" {
			t.Errorf("no schema of %s", k.name)
		}
		if k.required != slices.Contains(schema.Required, k.name) {
			t.Errorf("required(%s) = %v", k.name, !k.required)
		}
	}
	for _, k := range matchKeys {
		if schema.Defs.Block.Properties[k] == nil {
			t.Errorf("no schema of %s in a match block", k)
		}
	}
	if len(schema.Defs.Block.Properties) != len(matchKeys) {
		t.Errorf("a match block has %d keys, want %d", len(schema.Defs.Block.Properties), len(matchKeys))
	}
	if m := schema.Defs.Match.AnyOf; len(m) != 3 || m[1].Properties.Kind.Const != "lifter:a" || m[2].Properties.Kind.Const != "lifter:b" {
		t.Errorf("alternatives of match = %+v, want a block, lifter:a, lifter:b", m)
	}
}
