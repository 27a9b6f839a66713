package main

import (
	"context"
	"math"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// ruleSetFlags are the flags of `ttpctl rule disable|clip|enable`.
type ruleSetFlags struct {
	output outputs
	origin ruleOrigin
	mode   event.Mode
	maxSet bool // --max was given

	max        float64
	ttl, until string
	reason, by string
	dryRun     bool
	force      bool
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
	f, verb := ruleSetFlags{mode: mode}, ruleVerbs[mode]
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
		fs.Float64Var(&f.max, "max", 0, "highest `confidence` that the rules may give, 0 to 1 (required)")
	}
	if mode != event.Enabled {
		fs.StringVar(&f.ttl, "ttl", "", "how long, such as 30m, 4h or 7d; then the state reverts by itself")
		fs.StringVar(&f.until, "until", "", "until when, RFC 3339 or a date; UTC when it has no zone")
		cmd.MarkFlagsMutuallyExclusive("ttl", "until")
	}
	fs.StringVar(&f.reason, "reason", "", "why, for those who read the history later"+map[bool]string{true: " (required)"}[mode != event.Enabled])
	fs.StringVar(&f.by, "by", "", "who (default the login name)")
	fs.BoolVar(&f.dryRun, "dry-run", false, "say what would happen, and change nothing")
	fs.BoolVar(&f.force, "force", false, "also rules that are in no pack in force")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin, f.maxSet = a.ruleOrigin(), fs.Changed("max")
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
		return cannotRun("for example ttpctl rule "+verbOf(f.mode)+" R0012", "no rule named")
	}
	now := s.now()
	st, err := f.state(now, s)
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
	r := &ruleSetReport{ruleSetFlags: f, done: done, known: known, file: file, leases: leases, now: now}
	return joinErrors(err, leaseErr, r.write(list, s))
}

func verbOf(m event.Mode) string {
	verb, _, _ := strings.Cut(ruleVerbs[m].use, " ")
	return verb
}

// state returns the state that the flags ask for.
func (f *ruleSetFlags) state(now time.Time, s *streams) (event.State, error) {
	st := event.State{Mode: f.mode, Reason: strings.TrimSpace(f.reason), SetBy: f.by, SetAt: now}
	if st.SetBy == "" {
		st.SetBy = loginName(s)
	}
	if f.mode == event.Clipped {
		if !f.maxSet {
			return st, cannotRun("for example --max 0.5; ttpctl rule disable switches a rule off", "clip without --max: how high may the confidence be?")
		}
		if math.IsNaN(f.max) || f.max < 0 || f.max > 1 {
			return st, cannotRun("for example --max 0.5", "--max: %v is outside [0, 1]", f.max)
		}
		st.Max = f.max
	}
	if f.mode != event.Enabled && st.Reason == "" {
		return st, cannotRun(`for example --reason "vendor scan"`, "no --reason: those who read the history later must know why")
	}
	var err error
	st.ExpiresAt, err = f.end(now)
	return st, err
}

// end returns when the state ends, zero for never.
func (f *ruleSetFlags) end(now time.Time) (time.Time, error) {
	switch {
	case f.ttl != "" && f.until != "":
		return time.Time{}, cannotRun("", "--ttl and --until: one of them says when it ends")
	case f.ttl != "":
		d, ok := parseAge(f.ttl)
		if !ok {
			return time.Time{}, cannotRun("for example 30m, 4h or 7d", "--ttl: %q is not a duration ahead", f.ttl)
		}
		return now.Add(d), nil
	case f.until != "":
		t, err := parseInstant("--until", f.until)
		if err == nil && !now.Before(t) {
			err = cannotRun("it is "+report.Moment(now, now)+" now", "--until: %s is past", f.until)
		}
		return t, err
	}
	return time.Time{}, nil
}

// loginName returns who is at the keyboard, also behind sudo.
func loginName(s *streams) string {
	for _, name := range []string{"SUDO_USER", "LOGNAME", "USER"} {
		if v := s.getenv(name); v != "" {
			return v
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// targets returns the rules that args name. To switch off, without --force,
// they are rules in force; to enable, and with it, also rules that have a state.
func (f *ruleSetFlags) targets(ctx context.Context, args []string, db *sqlite.DB, s *streams) ([]string, *store.Known, error) {
	known, err := findRules(ctx, f.origin, db, s)
	if err != nil {
		return nil, nil, err
	}
	among := known.IDs()
	if f.force || f.mode == event.Enabled {
		states, err := statesOf(ctx, db)
		if err != nil {
			return nil, nil, err
		}
		for id, st := range states {
			if f.force || st.Mode != event.Enabled {
				among = append(among, id)
			}
		}
	}
	ids, err := known.Choose(args, among, f.force)
	return ids, known, err
}

// A ruleOutcome is what became of one rule.
type ruleOutcome struct {
	id      string
	state   event.State
	changed bool // false: it is as asked for already
}

// set stores st for each rule and returns those that were reached. A rule that
// is enabled stays without a state. db is nil in a dry run without a database.
func (f *ruleSetFlags) set(ctx context.Context, ids []string, st event.State, db *sqlite.DB) (done []ruleOutcome, err error) {
	before, err := statesOf(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		o := ruleOutcome{id, st, st.Mode != event.Enabled || before[id].Mode != event.Enabled}
		if o.changed && !f.dryRun {
			if err := db.States().SetState(ctx, id, st); err != nil {
				return done, err
			}
		}
		done = append(done, o)
	}
	return done, nil
}
