package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/report/stored"
	"ttpctl/internal/store"
)

// newDeadLettersCmd returns `ttpctl db dead-letters`.
func newDeadLettersCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "dead-letters",
		Short: "See and retry what serve could not process",
		Long: `See and retry the lines and messages that serve could not process. It sets them
aside in the database with their reasons, and goes on; the newest 10,000 are kept.`,
	}, newDeadLettersListCmd(a), newDeadLettersShowCmd(a), newDeadLettersRetryCmd(a))
}

// deadLettersFlags are the flags of `ttpctl db dead-letters list`.
type deadLettersFlags struct {
	output outputs
	db     string // --db
	limit  int
}

func newDeadLettersListCmd(a *app) *cobra.Command {
	var f deadLettersFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what could not be processed",
		Long:  "List what could not be processed, the newest first, with the beginning of each.",
		Args:  noArgs,
	}
	outputFlag(cmd, &f.output, stored.LetterFormats()...)
	cmd.Flags().IntVar(&f.limit, "limit", 100, "at most so many `letters`; 0 = all")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		f.db = a.globals.db
		return runDeadLettersList(ctx, f, a.streams)
	})
	return cmd
}

func runDeadLettersList(ctx context.Context, f deadLettersFlags, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if f.limit < 0 {
		return cannotRun("", "--limit: %d is negative", f.limit)
	}
	db, err := mustReadDB(ctx, f.db, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	letters := []stored.Letter{}
	err = db.DeadLetters().Each(ctx, f.limit, func(d *store.DeadLetter) error {
		letters = append(letters, stored.ListedLetter(d))
		return nil
	})
	if err != nil {
		return err
	}
	return s.render(list, func(k *sink) error {
		return stored.WriteListed(k.format, k, s.buildMeta(), letters, k.textOptions(s))
	})
}

func newDeadLettersShowCmd(a *app) *cobra.Command {
	var output outputs
	cmd := &cobra.Command{
		Use:     "show ID...",
		Short:   "Show dead letters whole",
		Long:    "Show dead letters whole, as far as they are kept: of each, the first 64 KiB.",
		Example: "  ttpctl db dead-letters show 12",
	}
	outputFlag(cmd, &output, stored.LetterFormats()...)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		return runDeadLettersShow(ctx, output, a.globals.db, args, a.streams)
	})
	return cmd
}

func runDeadLettersShow(ctx context.Context, output outputs, flag string, args []string, s *streams) (err error) {
	list, err := output.choose(s, "table")
	if err != nil {
		return err
	}
	ids, err := store.LetterIDs(args)
	if err != nil {
		return err
	}
	db, err := mustReadDB(ctx, flag, s)
	if err != nil {
		return err
	}
	defer closeDB(db, &err)
	var letters []stored.Letter
	for _, id := range ids {
		d, err := db.DeadLetters().Letter(ctx, id)
		if err != nil {
			return store.NoLetter(id, err)
		}
		letters = append(letters, stored.WholeLetter(&d))
	}
	return s.render(list, func(k *sink) error {
		return stored.WriteShown(k.format, k, s.buildMeta(), letters, s.now())
	})
}
