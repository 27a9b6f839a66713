package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report/stored"
	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/worker"
)

// retryFlags are the flags of `ttpctl db dead-letters retry`.
type retryFlags struct {
	tagFlags
	all bool
}

func newDeadLettersRetryCmd(a *app) *cobra.Command {
	var f retryFlags
	cmd := &cobra.Command{
		Use:   "retry ID...|--all",
		Short: "Tag dead letters with the rules at hand",
		Long: `Tag dead letters with the rules at hand and store the tags, as ttpctl tag --save
does. A letter that was processed is forgotten, whatever came of it; of any other
it says why not, and the letter stays. Exit code 1 says that one stayed.`,
		Example: "  ttpctl db dead-letters retry 12 13\n  ttpctl db dead-letters retry --all --format cowrie",
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, stored.LetterFormats()...)
	f.input.register(cmd)
	f.input.registerSources(cmd)
	fs.BoolVar(&f.all, "all", false, "every dead letter")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin, f.save = a.ruleOrigin(), true
		return runDeadLettersRetry(ctx, f, args, a.streams)
	})
	return cmd
}

func runDeadLettersRetry(ctx context.Context, f retryFlags, args []string, s *streams) (err error) {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if err := s.guard(list, f.input.files()...); err != nil {
		return err
	}
	var ids []int64
	if f.all && len(args) > 0 {
		return cannotRun("leave one of them out", "--all, and dead letters named")
	} else if !f.all {
		if ids, err = store.LetterIDs(args); err != nil {
			return err
		}
	}
	t := &tagging{now: s.now(), filter: &event.Filter{}, save: true}
	defer func() { closeDB(t.db, &err) }()
	cfg, err := f.setUp(ctx, t, s)
	if err != nil {
		return err
	}
	if f.all {
		if ids, err = store.AllLetters(ctx, t.db.DeadLetters()); err != nil {
			return err
		}
	}
	done, err := t.retry(ctx, ids, cfg, s)
	err = joinErrors(err, s.render(list, func(k *sink) error { return stored.WriteRetried(k.format, k, s.buildMeta(), done) }))
	if stay := stored.Stayed(done); stay != "" {
		err = joinErrors(err, &failure{class: classNo, err: errors.New(stay)})
	}
	return err
}

// setUp opens the database, which must be there, and says how to tag.
func (f *retryFlags) setUp(ctx context.Context, t *tagging, s *streams) (cfg ingest.Config, err error) {
	file, err := needDBFile(f.origin.db, s)
	if err != nil {
		return cfg, err
	}
	if t.db, err = openDB(ctx, file, s); err != nil {
		return cfg, err
	}
	if t.db == nil {
		return cfg, databases.Missing(file)
	}
	rules, err := f.origin.load(ctx, t.db, s)
	if err != nil {
		return cfg, err
	}
	if t.snapshot, err = f.snapshot(ctx, rules, t.db, t.now); err != nil {
		return cfg, err
	}
	if cfg, err = f.input.config(ctx, s); err == nil {
		cfg.Workers, cfg.Fields = 1, rules.Needs()
	}
	return cfg, err
}

// retry tags dead letters until an error that is not theirs.
func (t *tagging) retry(ctx context.Context, ids []int64, cfg ingest.Config, s *streams) ([]store.Retried, error) {
	done := []store.Retried{}
	for _, id := range ids {
		r, err := worker.Retry(ctx, t.db.DeadLetters(), id, t.tagger((&tagOutputs{}).write, s), cfg)
		if err != nil {
			return done, store.NoLetter(id, err)
		}
		done = append(done, r)
	}
	return done, nil
}
