package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/carry"
	"ttpctl/internal/report/fleets"
	"ttpctl/internal/vitals"
)

// newFleetCmd returns `ttpctl fleet`.
func newFleetCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "fleet",
		Short: "See how the workers do that share a database",
		Long:  "See how the processes do that share a database with a server (--db).",
	}, newFleetStatusCmd(a))
}

func newFleetStatusCmd(a *app) *cobra.Command {
	var out outputs
	var nats string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say who works, who reads which partition, and what is in force",
		Long: `Say which workers live, which partitions each reads, and what each has in force:
what differs from most others stands out. Who gave no sign of life for fifteen
seconds counts as gone.

With --source it also says how many messages lie in each partition that were not
tagged yet.

Exits 1 when a partition has no owner that lives, or workers have different rules
or states in force, which is so for a moment after each change.`,
		Example: "  ttpctl fleet status --db postgres://tagger@db.example/ttp\n  ttpctl fleet status -o json | jq .data.problems",
		Args:    noArgs,
	}
	outputFlag(cmd, &out, "table", "json")
	cmd.Flags().StringVar(&nats, "source", "", "ask the partitions at this `URL`, such as nats://nats.example:4222, how much lies in them")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		return runFleetStatus(ctx, out, nats, a.globals.db, a.streams)
	})
	return cmd
}

func runFleetStatus(ctx context.Context, out outputs, nats, flag string, s *streams) (err error) {
	if _, err := out.choose(s, "table"); err != nil {
		return err
	}
	db, err := mustReadDB(ctx, flag, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	var opts fleets.Options
	if nats != "" {
		over := &carry.Over{Getenv: s.getenv, Name: "ttpctl fleet status", Log: vitals.Log{Log: s.log}, Now: s.now}
		defer func() { err = joinErrors(err, over.Close()) }()
		if opts.Lag, err = over.Lag(ctx, nats); err != nil {
			return notOver("--source", err)
		}
	}
	st, err := fleets.Ask(ctx, db, opts)
	if err != nil {
		return err
	}
	err = s.renderAs(out, s.newEnvelope("ttpctl.fleet.status/v1", st, nil), func(k *sink) error { return st.WriteText(k, k.textOptions(s)) })
	if err == nil && len(st.Problems) > 0 {
		return errNo
	}
	return err
}
