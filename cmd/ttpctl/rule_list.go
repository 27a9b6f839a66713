package main

import (
	"context"
	"maps"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/report/states"
	"ttpctl/internal/store"
)

// ruleListFlags are the flags of `ttpctl rule list`.
type ruleListFlags struct {
	output   outputs
	origin   ruleOrigin
	states   []string
	by       string
	expiring string
}

func newRuleListCmd(a *app) *cobra.Command {
	var f ruleListFlags
	cmd := &cobra.Command{
		Use:   "list [RULE...]",
		Short: "List the rules in force and their states",
		Long: `List the rules in force and their states; with ids or globs, only the rules that
these name. Rules that have a state and are not in force are listed too.`,
		Example: `  ttpctl rule list --state disabled,clipped
  ttpctl rule list --expiring 24h -o json`,
		ValidArgsFunction: a.completeRules,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, rowFormats...)
	fs.StringSliceVar(&f.states, "state", nil, "only rules in these `states`: enabled, disabled, clipped")
	fs.StringVar(&f.by, "set-by", "", "only states that this `person` set")
	fs.StringVar(&f.expiring, "expiring", "", "only states that end within this `time`, such as 24h")
	complete(cmd, "state", []string{"enabled", "disabled", "clipped"})
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin = a.ruleOrigin()
		return runRuleList(ctx, f, args, a.streams)
	})
	return cmd
}

// runRuleList lists the rules that args name, all for none.
func runRuleList(ctx context.Context, f ruleListFlags, args []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	now := s.now()
	filter, err := states.NewFilter(f.states, f.by, f.expiring, now)
	if err != nil {
		return err
	}
	known, inEffect, err := readStates(ctx, f.origin, s)
	if err != nil {
		return err
	}
	ids, err := known.WithStates(args, inEffect)
	if err != nil {
		return err
	}
	l := states.List(ids, known, inEffect, filter, now)
	err = s.renderRows(list, &l.Rows)
	s.notef("%s", l.Line())
	return err
}

// readStates returns the rules in force and the states in effect; without a
// database there are none.
func readStates(ctx context.Context, o ruleOrigin, s *streams) (known *store.Known, inEffect event.States, err error) {
	file, err := needDBFile(o.db, s)
	if err != nil {
		return nil, nil, err
	}
	db, err := readDB(ctx, file, s)
	if err != nil {
		return nil, nil, err
	}
	defer closeDB(db, &err)
	if known, err = findRules(ctx, o, db, s); err != nil {
		return nil, nil, err
	}
	if inEffect, err = statesOf(ctx, db); err != nil {
		return nil, nil, err
	}
	maps.DeleteFunc(inEffect, func(_ string, st event.State) bool { return st.Mode == event.Enabled })
	return known, inEffect, nil
}
