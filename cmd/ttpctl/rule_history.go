package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/report/states"
	"ttpctl/internal/store"
)

// ruleHistoryFlags are the flags of `ttpctl rule history`.
type ruleHistoryFlags struct {
	output outputs
	origin ruleOrigin
	limit  int
}

func newRuleHistoryCmd(a *app) *cobra.Command {
	var f ruleHistoryFlags
	cmd := &cobra.Command{
		Use:   "history [RULE...]",
		Short: "Show who switched which rule, when and why",
		Long: `Show who switched which rule, when and why, the newest change first; with ids or
globs, only those of the rules named. Nothing is ever deleted from this list.`,
		Example:           "  ttpctl rule history R0012",
		ValidArgsFunction: a.completeRules,
	}
	outputFlag(cmd, &f.output, rowFormats...)
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most so many changes (default all)")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin = a.ruleOrigin()
		return runRuleHistory(ctx, f, args, a.streams)
	})
	return cmd
}

func runRuleHistory(ctx context.Context, f ruleHistoryFlags, args []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if f.limit < 0 {
		return cannotRun("", "--limit: %d is negative", f.limit)
	}
	changes, err := f.changes(ctx, args, s)
	if err != nil {
		return err
	}
	return s.renderRows(list, states.History(changes))
}

// changes returns the changes of the rules that args name, newest first.
func (f *ruleHistoryFlags) changes(ctx context.Context, args []string, s *streams) (changes []store.StateChange, err error) {
	file, err := needDBFile(f.origin.db, s)
	if err != nil {
		return nil, err
	}
	db, err := readDB(ctx, file, s)
	if err != nil {
		return nil, err
	}
	defer closeDB(db, &err)
	if db != nil {
		if changes, err = db.States().History(ctx, ""); err != nil {
			return nil, err
		}
	}
	if len(args) > 0 {
		known, err := findRules(ctx, f.origin, db, s)
		if err != nil {
			return nil, err
		}
		ids, err := known.WithStates(args, changed(changes))
		if err != nil {
			return nil, err
		}
		changes = slices.DeleteFunc(changes, func(c store.StateChange) bool { return !slices.Contains(ids, c.RuleID) })
	}
	if f.limit > 0 {
		changes = changes[:min(f.limit, len(changes))]
	}
	return changes, nil
}

// changed returns the rules that changes are about.
func changed(changes []store.StateChange) event.States {
	byRule := event.States{}
	for _, c := range changes {
		byRule[c.RuleID] = c.State
	}
	return byRule
}
