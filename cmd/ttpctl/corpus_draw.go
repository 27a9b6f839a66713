package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report/scores"
	"ttpctl/internal/store/rulesdir"
)

// drawFlags are the flags of `ttpctl corpus draw`.
type drawFlags struct {
	output   outputs
	rules    rulesdir.Layers // --rules
	commands []string
	exclude  []string
	hits     int
	misses   int
	seed     uint64
	verdicts string
	input    inputFlags
}

// newCorpusDrawCmd returns `ttpctl corpus draw`.
func newCorpusDrawCmd(a *app) *cobra.Command {
	var f drawFlags
	cmd := &cobra.Command{
		Use:   "draw [SOURCE...]",
		Short: "Draw hits and misses by lot, to be read one by one",
		Long: `Draw hits by lot, each rule, technique and shape once, and commands that nothing
hit. A SOURCE is a log or a database; --commands FILE is a file of commands, a
line each. The draw depends on the seed and on what is read, not on its order.

A line of the output is what a person reads, with an empty verdict: right,
debatable or wrong of a hit, missed or none of a command that nothing hit. What
--verdicts FILE has an answer for carries it, and the summary adds the answers
up by band. The answers name shapes by hashes, so that a file of them, without
the texts, can be published.`,
		Example: `  ttpctl corpus draw --exclude-ip 192.0.2.7 cowrie.json
  ttpctl corpus draw --seed 7 --verdicts read.jsonl --commands history.txt`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "jsonl")
	excludeFlag(fs, &f.exclude)
	fs.StringArrayVar(&f.commands, "commands", nil, "`FILE` or directory of commands, a line each, repeatable")
	fs.IntVar(&f.hits, "hits", 300, "hits drawn")
	fs.IntVar(&f.misses, "misses", 200, "commands without a tag drawn")
	fs.Uint64Var(&f.seed, "seed", 1, "seed of the draw")
	fs.StringVar(&f.verdicts, "verdicts", "", "`file` of what was said of earlier draws")
	f.input.register(cmd)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.rules = a.globals.rules
		return runCorpusDraw(ctx, f, args, a.streams)
	})
	return cmd
}

func runCorpusDraw(ctx context.Context, f drawFlags, paths []string, s *streams) error {
	list, err := f.output.choose(s, "jsonl")
	if err == nil {
		err = s.guardInputs(list, append(paths, f.commands...), append(f.input.files(), append(corpus.ExcludeFiles(f.exclude), f.verdicts)...)...)
	}
	switch {
	case err != nil:
		return err
	case len(paths)+len(f.commands) == 0:
		return cannotRun("ttpctl corpus draw --exclude-ip ADDRESS cowrie.json, or --commands FILE", "no source: none named")
	case f.hits < 0 || f.misses < 0:
		return cannotRun("", "--hits %d, --misses %d: below 0", f.hits, f.misses)
	}
	var read corpus.Readings
	if f.verdicts != "" {
		if read, err = corpus.ReadReadings(ctx, s.corpora().File(f.verdicts)); err != nil {
			return corpusFailure(ctx, err)
		}
	}
	rules, err := loadMeasured(ctx, s, f.rules)
	if err != nil {
		return err
	}
	d := corpus.NewDraw(engine.NewSnapshot(rules, nil, s.now()), s.now(), f.seed, f.hits, f.misses, read)
	clean, err := readNamed(ctx, namedSources{paths, f.commands, f.exclude, f.input}, d.Add, s)
	if err != nil {
		return err
	}
	drawn := d.Drawn(clean)
	err = s.render(list, func(k *sink) error { return scores.WriteDrawn(k, drawn) })
	for _, line := range scores.DrawnLines(drawn) {
		s.notef("%s", line)
	}
	return err
}
