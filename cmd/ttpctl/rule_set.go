package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/report/states"
	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
)

// ruleSetFlags are the flags of `ttpctl rule disable|clip|enable`.
type ruleSetFlags struct {
	states.Asked
	output outputs
	origin ruleOrigin
	dryRun bool
	force  bool
}

// ruleVerbs are the three commands that set a state.
var ruleVerbs = map[event.Mode]struct{ use, short, long, example string }{
	event.Disabled: {
		"disable RULE...", "Switch rules off",
		"Switch rules off: they do not fire until someone enables them, or until --ttl or\n--until ends it.",
		"  ttpctl rule disable R0012 --ttl 4h --reason \"vendor scan\"\n  ttpctl rule disable 'R003?' --until 2026-12-01 --reason \"sensor update\" --dry-run",
	},
	event.Clipped: {
		"clip RULE... --max CONFIDENCE", "Let rules fire with a bounded confidence",
		"Let rules fire with at most --max confidence; lower confidences stay as they are.\nTags below 0.3 are dropped, so that a --max below 0.3 silences the rules.",
		"  ttpctl rule clip R0012 --max 0.5 --ttl 4h --reason \"vendor scan\"",
	},
	event.Enabled: {
		"enable RULE...", "Switch rules on again",
		"Undo disable and clip. Rules that are enabled already stay as they are.",
		"  ttpctl rule enable R0012\n  ttpctl rule enable '*' --reason \"scan is over\"",
	},
}

// newRuleSetCmd returns the command that sets rules to mode.
func newRuleSetCmd(a *app, mode event.Mode) *cobra.Command {
	f, verb := ruleSetFlags{Asked: states.Asked{Mode: mode}}, ruleVerbs[mode]
	cmd := &cobra.Command{
		Use: verb.use, Short: verb.short, Annotations: map[string]string{urgent: "yes"}, Example: verb.example, ValidArgsFunction: a.completeRules,
		Long: verb.long + `

Rules are named by id, by name or by glob of ids (in quotes); - reads ids from
stdin, one a line. All of them are looked up before the first is changed: when
one is unknown, the exit code is 2 and nothing is changed. Exit code 4 says that
the database failed.`,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "json")
	if mode == event.Clipped {
		fs.Float64Var(&f.Max, "max", 0, "highest `confidence` that the rules may give, 0 to 1 (required)")
	}
	if mode != event.Enabled {
		fs.StringVar(&f.TTL, "ttl", "", "how long, such as 30m, 4h or 7d; then the state reverts by itself")
		fs.StringVar(&f.Until, "until", "", "until when, RFC 3339 or a date; UTC when it has no zone")
		cmd.MarkFlagsMutuallyExclusive("ttl", "until")
	}
	fs.StringVar(&f.Reason, "reason", "", "why, for those who read the history later"+map[bool]string{true: " (required)"}[mode != event.Enabled])
	fs.StringVar(&f.By, "by", "", "who (default the login name)")
	fs.BoolVar(&f.dryRun, "dry-run", false, "say what would happen, and change nothing")
	fs.BoolVar(&f.force, "force", false, "also rules that are in no pack in force")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin, f.MaxSet = a.ruleOrigin(), fs.Changed("max")
		return runRuleSet(ctx, f, args, a.streams)
	})
	return cmd
}

// runRuleSet sets the state of the rules that args name.
func runRuleSet(ctx context.Context, f ruleSetFlags, args []string, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if slices.Contains(args, "-") {
		err = s.guard(list, "-")
	}
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return cannotRun("for example ttpctl rule "+verbOf(f.Mode)+" R0012", "no rule named")
	}
	now := s.now()
	f.By = cmp.Or(f.By, loginName(s))
	st, err := f.State(now)
	if err != nil {
		return err
	}
	file, err := needDBFile(f.origin.db, s)
	if err != nil {
		return err
	}
	if args, err = readIDs(ctx, args, s); err != nil {
		return err
	}
	open := openDB
	if f.dryRun {
		open = readDB
	}
	db, err := open(ctx, file, s)
	if err != nil {
		return err
	}
	defer func() { closeDB(db, &err) }()
	ids, known, err := f.targets(ctx, args, db, s)
	if err != nil {
		return err
	}
	if db == nil && !f.dryRun {
		if db, err = makeDB(ctx, file, s); err != nil {
			return err
		}
	}
	done, err := f.set(ctx, ids, st, db)
	leases, leaseErr := followers(ctx, db)
	c := &states.Change{Done: done, DryRun: f.dryRun, Database: file, Followers: leases, Now: now}
	return joinErrors(err, leaseErr, f.report(c, known, list, s))
}

func verbOf(m event.Mode) string {
	verb, _, _ := strings.Cut(ruleVerbs[m].use, " ")
	return verb
}

// loginName returns who is at the keyboard.
func loginName(s *streams) string { return states.LoginName(s.getenv) }

// targets returns the rules that args name. To switch off, without --force,
// they are rules in force; to enable, and with it, also rules that have a state.
func (f *ruleSetFlags) targets(ctx context.Context, args []string, db store.Database, s *streams) ([]string, *store.Known, error) {
	known, err := findRules(ctx, f.origin, db, s)
	if err != nil {
		return nil, nil, err
	}
	among := known.IDs()
	if f.force || f.Mode == event.Enabled {
		given, err := statesOf(ctx, db)
		if err != nil {
			return nil, nil, err
		}
		for id, st := range given {
			if f.force || st.Mode != event.Enabled {
				among = append(among, id)
			}
		}
	}
	ids, err := known.Choose(args, among, f.force)
	return ids, known, err
}

// report says what happened, or would.
func (f *ruleSetFlags) report(c *states.Change, known *store.Known, list []output, s *streams) error {
	c.Database = databases.Shown(c.Database) // as other commands name it
	err := s.render(list, func(k *sink) error { return c.Write(k.format, k, s.buildMeta()) })
	for _, o := range c.Done {
		if _, ok := known.Find(o.RuleID); !ok {
			s.notef("%s is not among the rules of %s: the state waits for it", o.RuleID, known.Where)
		}
	}
	if f.Mode == event.Clipped && f.Max < event.Floor && len(c.Done) > 0 {
		s.log.Warn("clipped below the floor of tags, these rules are silent", "max", f.Max, "floor", event.Floor)
	}
	noteFollowers(c, s)
	return err
}

// noteFollowers says who acts on the states in the database, and warns when
// nobody does: the operator may have the wrong one.
func noteFollowers(c *states.Change, s *streams) {
	switch {
	case len(c.Done) == 0:
	case len(c.Followers) > 0:
		s.notef("database %s, followed within 1 s by %s", c.Database, states.Followers(c.Followers, c.Now))
	default:
		s.log.Warn("no tagger uses this database", "database", c.Database)
	}
}

// set stores st for each rule and returns those that were reached. db is nil in
// a dry run without a database.
func (f *ruleSetFlags) set(ctx context.Context, ids []string, st event.State, db store.Database) ([]store.Outcome, error) {
	before, err := statesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	if f.dryRun {
		return store.Outcomes(before, ids, st), nil
	}
	return store.SetStates(ctx, db.States(), before, ids, st)
}
