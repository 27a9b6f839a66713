package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report/coverage"
)

// coverageFlags are the flags of `ttpctl coverage`.
type coverageFlags struct {
	output outputs
	force  tagFlags // which rules are in force, under which states
	input  inputFlags
	list   string
	limit  int
}

// newCoverageCmd returns `ttpctl coverage`.
func newCoverageCmd(a *app) *cobra.Command {
	var f coverageFlags
	cmd := &cobra.Command{
		Use:   "coverage [LOG...]",
		Short: "Show what the rules can tag, what they tagged, and what they missed",
		Long: `Show which techniques the rules in force can tag, by tactic, over the techniques
of ATT&CK that are in use on Linux, containers, clouds and network devices; which
are out of a honeypot's reach, and why; and which are open, with neither a rule
nor a reason. Rules that ttpctl rule has switched off tag nothing.

With logs, as tag reads them, or databases of tags: also what was seen, and the
command lines that no rule tagged, by shape, the most frequent first: the list of
work of an author of rules. Not every such line deserves a tag.

A CSV holds the techniques, or the commands (--list commands). A Navigator layer
scores what can be tagged 1, what was seen 2, and says of the rest why not.`,
		Example: `  ttpctl coverage
  ttpctl coverage cowrie.json
  ttpctl coverage --list commands --limit 0 -o csv=todo.csv logs/
  ttpctl coverage -o navigator=layer.json cowrie.json`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "json", "csv", "navigator")
	enumVar(cmd, fs, &f.list, "list", coverage.Summary, []string{coverage.Summary, coverage.Techniques, coverage.Commands}, "what a table or CSV is of")
	fs.IntVar(&f.limit, "limit", 20, "at most so many shapes of commands; 0 = all")
	fs.BoolVar(&f.force.ignoreState, "ignore-state", false, "do not apply the states in the database")
	f.input.register(cmd)
	f.input.registerSort(cmd)
	f.input.registerSources(cmd)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.force.origin = a.ruleOrigin()
		return runCoverage(ctx, f, args, a.streams)
	})
	return cmd
}

func runCoverage(ctx context.Context, f coverageFlags, paths []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err == nil {
		err = s.guardInputs(list, paths, f.input.files()...)
	}
	if err != nil {
		return err
	}
	if f.limit < 0 {
		return cannotRun("0 is all of them", "--limit: %d is below 0", f.limit)
	}
	if f.list == coverage.Commands && len(paths) == 0 {
		return cannotRun("for example ttpctl coverage --list commands cowrie.json", "--list commands: no log named")
	}
	snap, err := f.force.inForce(ctx, s)
	if err != nil {
		return err
	}
	x := coverage.New(s.attack(), snap, s.now())
	x.Meta = metaOf(snap)
	read, err := f.read(ctx, x, paths, s)
	if !read && err != nil {
		return err
	}
	return joinErrors(err, s.renderResult(list, x.Result(coverage.Options{List: f.list, Limit: f.limit})))
}

// inForce returns the rules under their states, as tag applies them.
func (f *tagFlags) inForce(ctx context.Context, s *streams) (snap *engine.Snapshot, err error) {
	db, err := f.openDB(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { closeDB(db, &err) }()
	rules, err := f.origin.load(ctx, db, s)
	if err != nil {
		return nil, err
	}
	return f.snapshot(ctx, rules, db, s.now())
}

// read gives the events of what paths name to x. An error after reading began
// costs what could not be read, and the rest is shown.
func (f *coverageFlags) read(ctx context.Context, x *coverage.Coverage, paths []string, s *streams) (begun bool, err error) {
	if len(paths) == 0 {
		return true, nil
	}
	sources, err := f.input.sources(ctx, paths, nil, s)
	if err != nil {
		return false, err
	}
	x.Begin()
	var errs []error
	for _, src := range sources {
		err := src.Rows(ctx, func(r *corpus.Row) error {
			x.Add(&r.Event)
			return nil
		})
		if err != nil {
			errs = append(errs, sourceFailure(ctx, err))
		}
	}
	return true, joinErrors(errs...)
}
