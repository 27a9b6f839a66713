package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
	"ttpctl/internal/report/scores"
	"ttpctl/internal/store/rulesdir"
)

// impactFlags are the flags of `ttpctl precision impact`.
type impactFlags struct {
	output outputs
	input  inputFlags
}

// newImpactCmd returns `ttpctl precision impact`.
func newImpactCmd(a *app) *cobra.Command {
	var f impactFlags
	cmd := &cobra.Command{
		Use:   "impact OLD_DIR NEW_DIR INPUT...",
		Short: "Show which tags a change of rules adds, removes or moves",
		Long: `Tag real input by two sets of rules and show the difference, by rule and shape,
with examples: what a reviewer needs. An INPUT is a log as tag reads it.`,
		Example: `  ttpctl precision impact old/rules/ttp rules/ttp cowrie.json
  ttpctl precision impact -o markdown main/rules/ttp rules/ttp logs/ > comment.md`,
	}
	outputFlag(cmd, &f.output, "table", "json", "markdown")
	f.input.register(cmd)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error { return runImpact(ctx, f, args, a.streams) })
	return cmd
}

func runImpact(ctx context.Context, f impactFlags, args []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if len(args) < 3 {
		return cannotRun("ttpctl precision impact OLD_DIR NEW_DIR cowrie.json", "two directories of rules and an input are wanted")
	}
	if err := s.guardInputs(list, args[2:], rulesdir.Paths(args[:2]...)...); err != nil {
		return err
	}
	var snaps [2]*engine.Snapshot
	for i, dir := range args[:2] {
		rules, err := loadMeasured(ctx, s, rulesdir.Layers{dir})
		if err != nil {
			return err
		}
		snaps[i] = engine.NewSnapshot(rules, nil, s.now())
	}
	src, err := f.input.logs(ctx, args[2:], s)
	if err != nil {
		return err
	}
	m := corpus.NewImpact(snaps[0], snaps[1], s.now())
	if err := corpus.Each(ctx, []corpus.RowSource{src}, m.Add); err != nil {
		return sourceFailure(ctx, err)
	}
	r := m.Report()
	shown := &scores.Impact{Report: r, OldHash: snaps[0].Ruleset().Hash(), Meta: rulesMeta(snaps[1])}
	err = s.renderResult(list, shown.Result())
	s.notef("%s: %d tags added, %d removed, %d moved, %d as before", report.Plural(r.Rows, "event"), r.Added, r.Removed, r.Moved, r.Unchanged)
	return err
}
