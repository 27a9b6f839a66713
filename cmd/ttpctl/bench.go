package main

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/bench"
	"ttpctl/internal/collector"
	"ttpctl/internal/engine"
	"ttpctl/internal/ingest"
	seed "ttpctl/testdata/corpus"
)

// benchFlags are the flags of `ttpctl bench`.
type benchFlags struct {
	output  outputs
	force   tagFlags // which rules are in force, under which states
	input   inputFlags
	made    bench.Generated
	list    string
	limit   int
	runs    int
	workers int
}

// newBenchCmd returns `ttpctl bench`.
func newBenchCmd(a *app) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [LOG...]",
		Short: "Measure how fast the rules tag an input, and which rules are slow, and why",
		Long: `Measure on this machine how fast the rules in force tag logs, as tag reads them, or,
without a log, command events that are made for it: lines that the rules match and
lines that they do not, drawn from the examples of the rules and the seed corpora.

A first run is profiled: what each rule cost, and why. Then the input is read again
and again up to each of four stages in turn: decoding, matching, tagging, writing
(JSON Lines, to nowhere). What a stage takes is the difference of two runs in CPU
time; events/s of whole runs are in wall time. Figures are medians, ±% half the
distance between the quartiles. Short inputs are read several times a run. On a
machine that does other work only CPU times and ratios mean something.

The first interrupt ends the measuring and shows what was measured.`,
		Example: `  ttpctl bench
  ttpctl bench --rules ./mine --count 1000000 --distinct
  ttpctl bench --rules pack --rules ./mine -o json=bench.json /var/log/cowrie
  ttpctl bench --list rules --limit 0 -o csv=rules.csv cowrie.json`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "json", "csv", "markdown")
	enumVar(cmd, fs, &f.list, "list", bench.Summary, []string{bench.Summary, bench.Stages, bench.Rules}, "what a table, Markdown or CSV is of")
	fs.IntVar(&f.limit, "limit", 20, "at most so many rules; 0 = all")
	fs.IntVar(&f.runs, "runs", 5, "runs of each stage")
	fs.IntVar(&f.workers, "workers", 0, "goroutines that decode, and as many that evaluate (default one a processor)")
	fs.IntVar(&f.made.Count, "count", 200_000, "events to make, without a log")
	fs.Float64Var(&f.made.Matching, "matching", 0.1, "part of the made events that some rule tags, from 0 to 1")
	fs.Uint64Var(&f.made.Seed, "seed", 1, "the same seed makes the same events")
	fs.BoolVar(&f.made.Distinct, "distinct", false, "make every command line another one: nothing is known from before")
	fs.BoolVar(&f.force.ignoreState, "ignore-state", false, "do not apply the states in the database")
	f.input.register(cmd)
	f.input.registerSort(cmd)
	f.input.registerSources(cmd)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.force.origin = a.ruleOrigin()
		if len(args) > 0 {
			for _, name := range []string{"count", "matching", "seed", "distinct"} {
				if fs.Changed(name) {
					return cannotRun("leave the log or the flag out", "--%s is of events that are made, and a log is named", name)
				}
			}
		}
		return runBench(ctx, f, args, a.streams)
	})
	return cmd
}

func runBench(ctx context.Context, f benchFlags, paths []string, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err == nil {
		err = s.guardInputs(list, paths, f.input.files()...)
	}
	switch {
	case err != nil:
	case f.workers < 0 || f.workers > maxWorkers:
		err = cannotRun("", "--workers: %d is outside [0, %d]", f.workers, maxWorkers)
	case f.limit < 0:
		err = cannotRun("0 is all of them", "--limit: %d is below 0", f.limit)
	default:
		err = joinErrors(f.made.Check(f.runs), bench.CheckPaths(paths))
	}
	if err != nil {
		return err
	}
	collector.PreferHuge()
	began := time.Now()
	snap, err := f.force.inForce(ctx, s)
	if err != nil {
		return err
	}
	start := time.Since(began)
	cfg, err := f.input.config(ctx, s)
	if err != nil {
		return err
	}
	if cfg.Workers, cfg.Fields = f.workers, snap.Ruleset().Needs(); cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if slices.Contains(paths, "-") {
		s.announceStdin()
	}
	paths, drop, err := f.made.Keep(ctx, paths, s.in, func() (bench.Texts, error) { return s.texts(snap) })
	defer func() { err = joinErrors(err, drop()) }()
	if err != nil {
		return err
	}
	inputs, err := f.input.findInputs(ctx, paths, "stdin", cfg, s)
	if err != nil {
		return err
	}
	return f.measure(ctx, &bench.Job{Snapshot: snap, Now: s.now(), Inputs: inputs, Config: cfg, Runs: f.runs}, start, list, s)
}

// measure measures the job and writes the result.
func (f *benchFlags) measure(ctx context.Context, j *bench.Job, start time.Duration, list []output, s *streams) error {
	const stages = 4
	bar := startProgress(s, ingest.TotalSize(j.Inputs)*int64(1+stages*f.runs))
	j.Config.OnRead = bar.Add
	result, account, err := j.Measure(ctx)
	bar.Stop()
	result.Start.Rules = start
	s.warnInput(&account)
	s.logRejected(&account)
	err = joinErrors(err, s.renderResult(list, result.Shown(metaOf(j.Snapshot), bench.Options{List: f.list, Limit: f.limit})))
	if ctx.Err() != nil {
		account.Interrupted = true
	}
	return joinErrors(err, verdict(ctx, &account, false))
}

// texts draws command lines for events that these rules tag, and others.
func (s *streams) texts(snap *engine.Snapshot) (bench.Texts, error) {
	texts, err := bench.Draw(snap, seed.Files())
	if err == nil && len(texts.Matching) == 0 {
		s.log.Warn("no command line is known that these rules tag: give them examples, or bench a log")
	}
	return texts, err
}
