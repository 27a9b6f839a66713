package explain

import (
	"encoding/json"
	"slices"

	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
)

// A parameter is one of a lifter rule.
type parameter struct {
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`
	Default bool            `json:"default,omitempty"` // not given by the rule
}

// parameters returns what a lifter rule sets, then what it leaves to the
// predicate's defaults.
func parameters(x *engine.Explanation) []parameter {
	if x.Rule.Lifter == "" {
		return nil
	}
	var ps []parameter
	for _, s := range x.Settings {
		ps = append(ps, parameter{Name: s.Name, Value: s.JSON})
	}
	specs := lifters.Specs()
	i := slices.IndexFunc(specs, func(s lifters.Spec) bool { return s.MatchKind() == x.Rule.Lifter })
	if i < 0 {
		return ps
	}
	for _, p := range specs[i].Params {
		given := slices.ContainsFunc(ps, func(g parameter) bool { return g.Name == p.Name })
		if value, err := json.Marshal(p.Default); err == nil && p.Default != nil && !given {
			ps = append(ps, parameter{p.Name, value, true})
		}
	}
	return ps
}

// lifter shows the parameters and the fields that a lifter rule reads.
func (t *text) lifter(x *engine.Explanation) {
	t.line(4, plain, x.Rule.Lifter)
	for _, s := range parameters(x) {
		note := ""
		if s.Default {
			note = " (default)"
		}
		t.line(6, plain, s.Name+" = "+string(s.Value)+note)
	}
	for _, r := range x.Readings {
		value := string(r.JSON)
		switch {
		case !r.Present:
			value = "absent"
		case r.Hidden:
			value = notShown
		case r.Cut:
			value += " (cut)"
		}
		t.line(6, plain, "reads "+r.Field+": "+value)
	}
}
