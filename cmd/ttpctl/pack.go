package main

import (
	"context"
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

// loadRules compiles the rules at path (--rules), or the embedded pack for "".
// A broken pack is said in full on stderr, and nothing runs on what is left
// of it.
func loadRules(ctx context.Context, s *streams, path string) (*engine.Ruleset, error) {
	return loadRulesAs(ctx, s, path, compileConfig(s, path == ""))
}

// loadRulesAs is loadRules under another configuration.
func loadRulesAs(ctx context.Context, s *streams, path string, cfg engine.Config) (*engine.Ruleset, error) {
	var paths []string
	if path != "" {
		paths = []string{path}
	}
	in := readRules(ctx, s, "", paths)
	if err := in.err(); err != nil {
		return nil, err
	}
	return compileRules(s, in.sources, path, cfg)
}

// compileRules compiles sources, which came from where, whole or not at all.
func compileRules(s *streams, sources []engine.Source, where string, cfg engine.Config) (*engine.Ruleset, error) {
	rs, diags := engine.Compile(sources, cfg)
	if !diags.HasErrors() {
		return rs, nil
	}
	diags.Sort()
	// A stderr that nobody reads is no failure.
	_ = findings.NewListing(s.err, s.palette(s.err.tty), sources).Write(errorsOf(diags))
	return nil, cannotRun("ttpctl validate "+where, "rules: %s", report.Plural(diags.Count(engine.Error), "error"))
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
