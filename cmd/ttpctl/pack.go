package main

import (
	"context"
	"runtime/debug"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
	"ttpctl/internal/report"
	"ttpctl/internal/report/findings"
)

// compileConfig returns what rules are checked against; pack asks of them
// what is asked of the shipped ones.
func compileConfig(s *streams, pack bool) engine.Config {
	return engine.Config{
		Catalogue: s.attack(),
		Builders:  lifters.Builders(),
		Pack:      pack,
		Today:     s.now().UTC().Format(time.DateOnly),
	}
}

// loadRules compiles the rules of layers (--rules). A broken pack is said in
// full on stderr, and nothing runs on what is left of it.
func loadRules(ctx context.Context, s *streams, layers ruleLayers) (*engine.Ruleset, error) {
	cfg := compileConfig(s, !layers.given())
	cfg.Quick = !layers.given() // the embedded pack was checked before it was embedded
	return loadRulesAs(ctx, s, layers, cfg)
}

// loadRulesAs is loadRules under another configuration.
func loadRulesAs(ctx context.Context, s *streams, layers ruleLayers, cfg engine.Config) (*engine.Ruleset, error) {
	in := readLayers(ctx, s, "", layers)
	if err := in.err(); err != nil {
		return nil, err
	}
	// Most of what compiling allocates stays: collecting meanwhile took a fifth
	// of the start.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	return compileRules(s, in, layers.arguments(), cfg)
}

// compileRules compiles what was read, whole or not at all; arguments are what
// validate wants to check the same.
func compileRules(s *streams, in *ruleInput, arguments string, cfg engine.Config) (*engine.Ruleset, error) {
	rs, diags := engine.Compile(in.sources, cfg)
	diags = append(diags, in.refused...)
	if !diags.HasErrors() {
		return rs, nil
	}
	diags.Sort()
	// A stderr that nobody reads is no failure.
	_ = findings.NewListing(s.err, s.palette(s.err.tty), in.sources).Write(errorsOf(diags))
	return nil, cannotRun("ttpctl validate"+arguments, "rules: %s", report.Plural(diags.Count(engine.Error), "error"))
}

// errorsOf returns the diagnostics that are errors.
func errorsOf(diags engine.Diagnostics) engine.Diagnostics {
	var errs engine.Diagnostics
	for _, d := range diags {
		if d.Severity == engine.Error {
			errs = append(errs, d)
		}
	}
	return errs
}

// lifterParams returns the parameters of every lifter by match.kind.
func lifterParams() map[string][]engine.Param {
	params := make(map[string][]engine.Param)
	for _, spec := range lifters.Specs() {
		params[spec.MatchKind()] = spec.Params
	}
	return params
}
