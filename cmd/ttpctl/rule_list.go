package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
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

// A ruleFilter chooses rules by their states.
type ruleFilter struct {
	modes  []event.Mode // nil = all
	by     string
	before time.Time // the state ends before; zero = whenever
}

func (f *ruleListFlags) filter(now time.Time) (ruleFilter, error) {
	c := ruleFilter{by: f.by}
	for _, name := range f.states {
		m, err := event.ParseMode(name)
		if err != nil {
			return c, cannotRun("", "--state: %w", err)
		}
		c.modes = append(c.modes, m)
	}
	if f.expiring != "" {
		d, ok := parseAge(f.expiring)
		if !ok {
			return c, cannotRun("for example 24h or 7d", "--expiring: %q is not a duration ahead", f.expiring)
		}
		c.before = now.Add(d)
	}
	return c, nil
}

func (c ruleFilter) keeps(st event.State) bool {
	return (c.modes == nil || slices.Contains(c.modes, st.Mode)) &&
		(c.by == "" || st.SetBy == c.by) &&
		(c.before.IsZero() || !st.ExpiresAt.IsZero() && !st.ExpiresAt.After(c.before))
}

// runRuleList lists the rules that args name, all for none.
func runRuleList(ctx context.Context, f ruleListFlags, args []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	now := s.now()
	filter, err := f.filter(now)
	if err != nil {
		return err
	}
	known, states, err := readStates(ctx, f.origin, s)
	if err != nil {
		return err
	}
	ids, err := known.WithStates(args, states)
	if err != nil {
		return err
	}
	r := &report.Rows{Schema: "ttpctl.rule.list/v1", Table: report.Table{Columns: ruleListColumns()}, StateHash: states.Hash()}
	counts := map[string]int{}
	for _, id := range ids {
		st := states[id]
		if !filter.keeps(st) {
			continue
		}
		counts[st.Mode.String()]++
		rule, inForce := known.Find(id)
		var version any
		if inForce {
			version = rule.Version
		}
		r.Table.Add(id, rule.Name, version, st.Mode.String(), ceiling(st), st.ExpiresAt, report.Remaining(st.ExpiresAt, now),
			st.Reason, st.SetBy, st.SetAt, inForce)
	}
	r.Summary = map[string]any{"rules": r.Table.Len(), "states": counts, "rules_from": known.Where}
	err = s.renderRows(list, r)
	s.notef("%s of %s, %d disabled, %d clipped", report.Plural(r.Table.Len(), "rule"), known.Where, counts["disabled"], counts["clipped"])
	return err
}

func ruleListColumns() []report.Column {
	return []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "NAME", Fold: 2, Min: 12}, {Name: "VERSION", Key: "rule_version", Numeric: true, Fold: 2},
		{Name: "STATE"}, {Name: "MAX", Key: "confidence_max", Numeric: true}, {Name: "UNTIL", Key: "expires_at"},
		{Name: "IN", Key: "expires_in"}, {Name: "REASON", Min: 12, Fold: 1}, {Name: "BY", Key: "set_by"},
		{Name: "SINCE", Key: "set_at", Fold: 2}, {Name: "IN FORCE", Fold: 2},
	}
}

// readStates returns the rules in force and the states in effect; without a
// database there are none.
func readStates(ctx context.Context, o ruleOrigin, s *streams) (known *store.Known, states event.States, err error) {
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
	if states, err = statesOf(ctx, db); err != nil {
		return nil, nil, err
	}
	maps.DeleteFunc(states, func(_ string, st event.State) bool { return st.Mode == event.Enabled })
	return known, states, nil
}
