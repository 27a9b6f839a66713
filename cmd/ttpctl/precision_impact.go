package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
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
	list, err := f.output.choose("table")
	if err != nil {
		return err
	}
	if len(args) < 3 {
		return cannotRun("ttpctl precision impact OLD_DIR NEW_DIR cowrie.json", "two directories of rules and an input are wanted")
	}
	var snaps [2]*engine.Snapshot
	for i, dir := range args[:2] {
		rules, err := loadMeasured(ctx, s, dir)
		if err != nil {
			return err
		}
		snaps[i] = engine.NewSnapshot(rules, nil, s.now())
	}
	src, err := f.input.logs(args[2:], nil, s)
	if err != nil {
		return err
	}
	m := corpus.NewImpact(snaps[0], snaps[1], s.now())
	err = src.Rows(ctx, func(r *corpus.Row) error {
		m.Add(r)
		return nil
	})
	if err != nil {
		return sourceFailure(ctx, err)
	}
	r := m.Report()
	err = s.render(list, func(k *sink) error { return renderImpact(k, r, snaps, s) })
	s.notef("%s: %d tags added, %d removed, %d moved, %d as before", report.Plural(r.Rows, "event"), r.Added, r.Removed, r.Moved, r.Unchanged)
	return err
}

func renderImpact(k *sink, r *corpus.ImpactReport, snaps [2]*engine.Snapshot, s *streams) error {
	if k.format == "json" {
		e := newEnvelope("ttpctl.impact/v1", nil)
		e.RulesetHash, e.Data = snaps[1].Ruleset().Hash(), r
		e.Summary = map[string]any{"old_ruleset_hash": snaps[0].Ruleset().Hash(), "rows": r.Rows, "added": r.Added, "removed": r.Removed, "moved": r.Moved}
		return e.Write(k)
	}
	if len(r.Rules) == 0 {
		k.printf("No tag changes, over %s.\n", report.Plural(r.Rows, "event"))
		return nil
	}
	rules := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "ADDED", Numeric: true}, {Name: "REMOVED", Numeric: true}, {Name: "MOVED", Numeric: true}, {Name: "UNCHANGED", Numeric: true}}}
	shapes := report.Table{Columns: []report.Column{{Name: "RULE", Key: "rule_id"}, {Name: "CHANGE"}, {Name: "TECHNIQUE", Key: "technique_id"}, {Name: "CONFIDENCE"}, {Name: "TAGS", Numeric: true}, {Name: "SHAPE", Min: 20}, {Name: "EXAMPLE", Note: true}}}
	for _, x := range r.Rules {
		rules.Add(x.RuleID, x.Added, x.Removed, x.Moved, x.Unchanged)
		for _, c := range x.Shapes {
			shapes.Add(x.RuleID, string(c.Change), c.Technique, confidenceMove(c), c.Tags, c.Shape, first(c.Examples))
		}
	}
	if err := k.part("Rules", &rules, s); err != nil {
		return err
	}
	return k.part("By shape", &shapes, s)
}

func confidenceMove(c corpus.ShapeChange) string {
	switch {
	case c.From == nil:
		return fmt.Sprint(*c.To)
	case c.To == nil:
		return fmt.Sprint(*c.From)
	}
	return fmt.Sprintf("%v to %v", *c.From, *c.To)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
