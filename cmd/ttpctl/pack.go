package main

import (
	"context"
	"sync"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
	"ttpctl/internal/report"
	"ttpctl/internal/report/findings"
	"ttpctl/internal/store/rulesdir"
	"ttpctl/rules"
)

// packOutlines returns what compiling told of the embedded pack.
var packOutlines = sync.OnceValue(func() *engine.Outlines { return engine.ReadOutlines(rules.Outlines()) })

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

// runConfig is compileConfig for those who run rules and do not check them: files of
// the pack that are as they were shipped are not read anew.
func runConfig(s *streams, pack bool) engine.Config {
	cfg := compileConfig(s, pack)
	cfg.Outlines = s.outlines()
	return cfg
}

// loadRules compiles the rules of layers (--rules). A broken pack is said in
// full on stderr, and nothing runs on what is left of it.
func loadRules(ctx context.Context, s *streams, layers rulesdir.Layers) (*engine.Ruleset, error) {
	return loadRulesAs(ctx, s, layers, func() engine.Config {
		cfg := runConfig(s, !layers.Given())
		cfg.Quick = !layers.Given() // the embedded pack was checked before it was embedded
		return cfg
	})
}

// loadRulesAs is loadRules under another configuration, which is made while the rules
// are read: both are a part of each start.
func loadRulesAs(ctx context.Context, s *streams, layers rulesdir.Layers, configure func() engine.Config) (*engine.Ruleset, error) {
	var cfg engine.Config
	var wg sync.WaitGroup
	wg.Go(func() {
		cfg = configure()
		cfg.Programs = engine.Programs()
	})
	in := s.readLayers(ctx, layers, s.ruleReader(""))
	wg.Wait()
	if err := in.Err(); err != nil {
		return nil, err
	}
	return compileRules(s, in, layers.Arguments(), cfg)
}

// compileRules compiles what was read, whole or not at all; arguments are what
// validate wants to check the same.
func compileRules(s *streams, in *rulesdir.Reader, arguments string, cfg engine.Config) (*engine.Ruleset, error) {
	rs, diags := engine.Compile(in.Sources, cfg)
	diags = append(diags, in.Refused...)
	if !diags.HasErrors() {
		return rs, nil
	}
	diags.Sort()
	// A stderr that nobody reads is no failure.
	_ = findings.NewListing(s.err, s.palette(s.err.tty), in.Sources).Write(diags.Errors())
	return nil, cannotRun("ttpctl validate"+arguments, "rules: %s", report.Plural(diags.Count(engine.Error), "error"))
}
