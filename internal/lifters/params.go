package lifters

import "ttpctl/internal/engine"

// maxThreshold is above any count of events, rows or bytes that a sensor
// reports, and below 2^53, where whole numbers stop being exact.
const maxThreshold = 1e15

// atLeast is a number from min upwards.
func atLeast(name string, min float64) engine.Param {
	return engine.Param{Name: name, Type: engine.ParamNumber, Min: min, Max: maxThreshold}
}

// share is a number from 0 to 1.
func share(name string) engine.Param {
	return engine.Param{Name: name, Type: engine.ParamNumber, Max: 1}
}

func flag(name string, def bool) engine.Param {
	return engine.Param{Name: name, Type: engine.ParamBool, Default: def}
}

// fixed is a string that only documents the rule: it has one allowed value.
func fixed(name, value string) engine.Param {
	return engine.Param{Name: name, Type: engine.ParamString, Default: value, OneOf: []string{value}}
}

func words(name string, oneOf ...string) engine.Param {
	return engine.Param{Name: name, Type: engine.ParamStrings, Required: true, OneOf: oneOf}
}

func patterns(name string) engine.Param {
	return engine.Param{Name: name, Type: engine.ParamPatterns, Required: true}
}

// needed returns p as a required parameter.
func needed(p engine.Param) engine.Param {
	p.Required = true
	return p
}

// or returns p with a default.
func or(p engine.Param, def float64) engine.Param {
	p.Default = def
	return p
}
