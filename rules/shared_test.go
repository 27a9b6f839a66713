package rules_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/engine/program"
	"ttpctl/internal/event"
	"ttpctl/internal/lifters"
	"ttpctl/internal/rounds"
	"ttpctl/rules"
)

func TestMain(m *testing.M) {
	rounds.Roomy()
	os.Exit(m.Run())
}

// What tests share is immutable, and read once.
var (
	catalogue = sync.OnceValue(attack.Load)
	builders  = sync.OnceValue(lifters.Builders)
	table     = sync.OnceValue(func() *program.Table {
		t, err := program.NewTable()
		if err != nil {
			panic(err)
		}
		return t
	})
	packFiles  = sync.OnceValue(readPack)
	packParsed = sync.OnceValue(func() map[string]*engine.ParsedRule {
		parsed := map[string]*engine.ParsedRule{}
		for _, src := range packFiles() {
			p, _ := engine.Parse(src)
			parsed[src.Name] = p
		}
		return parsed
	})
	pack = sync.OnceValues(func() (*engine.Ruleset, engine.Diagnostics) {
		return engine.Compile(packFiles(), outlinedConfig())
	})
	commandPack = sync.OnceValue(compileCommandRules)
)

// packConfig is how the program compiles the pack, were it not for the outlines.
func packConfig() engine.Config {
	return engine.Config{
		Catalogue: catalogue(), Builders: builders(), Programs: table(), Pack: true, Quick: true, Today: reviewed.Format(time.DateOnly),
	}
}

func outlinedConfig() engine.Config {
	cfg := packConfig()
	cfg.Outlines = engine.ReadOutlines(rules.Outlines())
	return cfg
}

// readPack returns the files of the pack as they are now.
func readPack() []engine.Source {
	names, err := filepath.Glob("ttp/*.yaml")
	if err != nil {
		panic(err)
	}
	var sources []engine.Source
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		sources = append(sources, engine.Source{Name: path.Base(name), Data: data})
	}
	return sources
}

// wholePack returns all rules, as the program has them: from their outlines.
func wholePack(t testing.TB) *engine.Snapshot {
	t.Helper()
	rs, diags := pack()
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return engine.NewSnapshot(rs, nil, reviewed)
}

// commandRules returns the rules of the pack that judge a command line by
// themselves.
func commandRules(t testing.TB) *cohort {
	t.Helper()
	wholePack(t)
	shared := commandPack()
	return &cohort{snapshot: shared.snapshot, sources: shared.sources, scratch: engine.NewScratch()}
}

func compileCommandRules() *cohort {
	c := &cohort{}
	rs, _ := pack()
	for _, r := range rs.Rules() {
		if slices.Equal(r.AppliesTo, []event.Kind{event.KindCommand}) && r.Lifter == "" && !apart(r.ID) {
			c.sources = append(c.sources, r.Source)
		}
	}
	rs, _ = engine.Compile(c.sources, outlinedConfig())
	c.snapshot = engine.NewSnapshot(rs, nil, reviewed)
	return c
}

// alone returns the cohort of one rule.
func (c *cohort) alone(src engine.Source) *cohort {
	rs, _ := engine.Compile([]engine.Source{src}, packConfig())
	return &cohort{snapshot: engine.NewSnapshot(rs, nil, reviewed), scratch: c.scratch}
}
