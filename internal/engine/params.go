package engine

import (
	"regexp"

	"ttpctl/internal/attack"
)

// Params are the parameters that stand beside match.kind in a rule, with
// their positions.
type Params struct {
	Kind string      // the match.kind, such as lifter:credential_reuse
	Rule *ParsedRule // for applies_to, emits and evidence_fields: of a rule of the pack no more is filled in
	Node *Node       // the match mapping
	// Catalogue is the one that the rule is checked against.
	Catalogue *attack.Catalogue
}

// A ParamType is the type of a parameter.
type ParamType uint8

// The parameter types.
const (
	ParamNumber   ParamType = iota
	ParamBool               //
	ParamString             //
	ParamStrings            // non-empty list of non-empty strings
	ParamPatterns           // non-empty list of RE2 patterns, searched
	ParamPairs              // non-empty list of [string, string]; the second may be empty
)

// A Param is one row of a builder's parameter table.
type Param struct {
	Name     string
	Type     ParamType
	Required bool
	Default  any      // float64, bool, string or []string; nil = absent
	Min, Max float64  // ParamNumber: the inclusive range, when Max > Min
	OneOf    []string // ParamString, ParamStrings: the values allowed, nil = any; ParamPairs: words that stand for a list
	Idle     bool     // decides nothing, and is taken for the sake of older rules
}

// Args are checked parameters by name.
type Args struct{ values map[string]any }

// Has reports whether the parameter was given or has a default.
func (a Args) Has(name string) bool { return a.values[name] != nil }

// Number returns a ParamNumber, 0 when it is absent.
func (a Args) Number(name string) float64 { v, _ := a.values[name].(float64); return v }

// Bool returns a ParamBool, false when it is absent.
func (a Args) Bool(name string) bool { v, _ := a.values[name].(bool); return v }

// String returns a ParamString, "" when it is absent.
func (a Args) String(name string) string { v, _ := a.values[name].(string); return v }

// Strings returns a ParamStrings, nil when it is absent.
func (a Args) Strings(name string) []string { v, _ := a.values[name].([]string); return v }

// Patterns returns a ParamPatterns compiled, nil when it is absent.
func (a Args) Patterns(name string) []*regexp.Regexp {
	v, _ := a.values[name].([]*regexp.Regexp)
	return v
}

// Pairs returns a ParamPairs, nil when it is absent.
func (a Args) Pairs(name string) [][2]string { v, _ := a.values[name].([][2]string); return v }
