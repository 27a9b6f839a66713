package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/moment"
	"ttpctl/internal/report"
	"ttpctl/internal/report/stored"
	"ttpctl/internal/store/databases"
)

// newDBCmd returns `ttpctl db`.
func newDBCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "db",
		Short: "Look after the database",
		Long:  "Look after the database (--db): what is in it, how long tags stay there, which\nidentities make a campaign, and what could not be processed.",
	}, newDBStatsCmd(a), newDBPruneCmd(a), newDBImportCampaignsCmd(a), newDeadLettersCmd(a))
}

func newDBStatsCmd(a *app) *cobra.Command {
	var out outputs
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Say what is in the database",
		Args:  noArgs,
	}
	outputFlag(cmd, &out, rowFormats...)
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		return runDBStats(ctx, out, a.globals.db, a.streams)
	})
	return cmd
}

func runDBStats(ctx context.Context, out outputs, flag string, s *streams) (err error) {
	list, err := out.choose(s, "table")
	if err != nil {
		return err
	}
	db, err := mustReadDB(ctx, flag, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	st, err := db.Stats(ctx)
	if err != nil {
		return err
	}
	return s.renderRows(list, stored.Stats(st))
}

// dbPruneFlags are the flags of `ttpctl db prune`.
type dbPruneFlags struct {
	output    outputs
	db        string // --db
	olderThan string
	apply     bool
}

func newDBPruneCmd(a *app) *cobra.Command {
	var f dbPruneFlags
	cmd := &cobra.Command{
		Use:   "prune --older-than AGE",
		Short: "Delete old tags",
		Long: `Delete the tags that were stored longer ago than --older-than, and the sessions
that were kept and had no line since. Without --apply it only says how many tags
those are. States, their history, rules, what waits to be
published and dead letters stay. The file keeps its size, and its free pages are
used again.`,
		Example: "  ttpctl db prune --older-than 180d\n  ttpctl db prune --older-than 180d --apply",
		Args:    noArgs,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "json")
	fs.StringVar(&f.olderThan, "older-than", "", "how long tags stay, such as 180d (required)")
	fs.BoolVar(&f.apply, "apply", false, "really delete")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		f.db = a.globals.db
		return runDBPrune(ctx, f, a.streams)
	})
	return cmd
}

func runDBPrune(ctx context.Context, f dbPruneFlags, s *streams) (err error) {
	if _, err := f.output.choose(s, "table"); err != nil {
		return err
	}
	if f.olderThan == "" {
		return cannotRun("for example --older-than 180d", "no --older-than: how long do tags stay?")
	}
	age, ok := moment.Age(f.olderThan)
	if !ok {
		return cannotRun("for example 180d", "--older-than: %q is no age", f.olderThan)
	}
	cutoff := s.now().Add(-age)
	n, err := f.prune(ctx, cutoff, s)
	if err != nil && n == 0 {
		return err
	}
	data := map[string]any{"tags": n, "before": report.Stamp(cutoff), "deleted": f.apply}
	return joinErrors(err, s.renderAs(f.output, s.newEnvelope("ttpctl.db.prune/v1", data, err), func(k *sink) error {
		verb := "deleted"
		if !f.apply {
			verb = "would be deleted; --apply does it"
		}
		k.printf("%s stored before %s %s\n", report.Plural(n, "tag"), report.Moment(cutoff, time.Time{}), verb)
		return nil
	}))
}

// prune deletes the tags stored before cutoff, or counts them.
func (f *dbPruneFlags) prune(ctx context.Context, cutoff time.Time, s *streams) (n int, err error) {
	file, err := needDBFile(f.db, s)
	if err != nil {
		return 0, err
	}
	open := readDB
	if f.apply {
		open = openDB
	}
	db, err := open(ctx, file, s)
	if err != nil {
		return 0, err
	}
	if db == nil {
		return 0, databases.Missing(file)
	}
	defer closeDB(db, &err)
	if !f.apply {
		return db.Tags().CountOlderThan(ctx, cutoff)
	}
	n, err = db.Tags().PruneOlderThan(ctx, cutoff)
	if err == nil {
		_, err = db.Sessions().PruneOlderThan(ctx, cutoff)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return n, err
}
