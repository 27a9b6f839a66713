package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/report"
)

// newDBCmd returns `ttpctl db`.
func newDBCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Look after the database",
		Long:  "Look after the database (--db): what is in it, how long tags stay there, and\nwhich identities make a campaign.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cannotRun(seeHelp(cmd), "db: no subcommand given")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(newDBStatsCmd(a), newDBPruneCmd(a), newDBImportCampaignsCmd(a))
	return cmd
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
	r := &report.Rows{Schema: "ttpctl.db.stats/v1", Table: report.Table{Columns: []report.Column{
		{Name: "TAGS", Numeric: true}, {Name: "OLDEST", Key: "oldest_tag"}, {Name: "NEWEST", Key: "newest_tag"},
		{Name: "RULES", Numeric: true}, {Name: "STATES", Numeric: true}, {Name: "CHANGES", Key: "state_changes", Numeric: true},
		{Name: "BYTES", Numeric: true}, {Name: "FREE", Key: "free_bytes", Numeric: true}, {Name: "WAL", Key: "wal_bytes", Numeric: true},
		{Name: "SCHEMA", Numeric: true}, {Name: "PATH", Note: true},
	}}}
	r.Table.Add(st.Tags, st.Oldest, st.Newest, st.Rules, st.States, st.StateChanges, st.Bytes, st.FreeBytes, st.WAL, st.Schema, st.Path)
	return s.renderRows(list, r)
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
		Long: `Delete the tags that were stored longer ago than --older-than. Without --apply
it only says how many those are. States, their history and rules stay. The file
keeps its size, and its free pages are used again.`,
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
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if f.olderThan == "" {
		return cannotRun("for example --older-than 180d", "no --older-than: how long do tags stay?")
	}
	age, ok := parseAge(f.olderThan)
	if !ok {
		return cannotRun("for example 180d", "--older-than: %q is no age", f.olderThan)
	}
	cutoff := s.now().Add(-age)
	n, err := f.prune(ctx, cutoff, s)
	if err != nil && n == 0 {
		return err
	}
	return joinErrors(err, s.render(list, func(k *sink) error {
		if k.format == "json" {
			e := s.newEnvelope("ttpctl.db.prune/v1", err)
			e.Data = map[string]any{"tags": n, "before": rfc3339(cutoff), "deleted": f.apply}
			return e.Write(k)
		}
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
		return 0, noDBFile(file)
	}
	defer closeDB(db, &err)
	if !f.apply {
		return db.Tags().CountOlderThan(ctx, cutoff)
	}
	n, err = db.Tags().PruneOlderThan(ctx, cutoff)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return n, err
}
