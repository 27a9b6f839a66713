package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/report"
	"ttpctl/internal/report/stored"
)

// newReportTagsCmd returns `ttpctl report tags`.
func newReportTagsCmd(a *app) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "tags",
		Short: "The stored tags themselves",
		Long: `The stored tags themselves, those stored last first: as JSON Lines, CSV or JSON
exactly as ttpctl tag printed them; as a table, the last 100.`,
		Example: `  ttpctl report tags -o jsonl --since 24h --technique T1110 > bruteforce.jsonl
  ttpctl report tags --attacker 203.0.113.9 --limit 20`,
		Args: noArgs,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, append([]string{"table", "jsonl", "csv", "json", stored.LayerFormat}, report.Exports()...)...)
	exportFlags(cmd, &f.export)
	fs.IntVar(&f.limit, "limit", 0, "at most so many tags (default all, 100 in a table); 0 = all")
	f.query.register(fs)
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		f.db, f.limited = a.globals.db, fs.Changed("limit")
		return runReportTags(ctx, f, a.streams)
	})
	return cmd
}

func runReportTags(ctx context.Context, f reportFlags, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	r, db, err := f.open(ctx, nil, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	if !f.limited {
		r.TableLimit = tableTags
	}
	return writeTags(ctx, r, list, s)
}

// writeTags writes the tags themselves in each format of list.
func writeTags(ctx context.Context, r *stored.Report, list []output, s *streams) error {
	written := 0
	err := s.render(list, func(k *sink) (err error) {
		written, err = r.WriteTags(ctx, k.format, k, s.buildMeta(), k.textOptions(s))
		return err
	})
	if err == nil && written == 0 {
		s.notef("%s", r.None(ctx))
	}
	return err
}
