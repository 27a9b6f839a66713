package main

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"ttpctl/internal/event"
	"ttpctl/internal/report/groups"
	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
)

// newGroupsCmd returns `ttpctl groups`.
func newGroupsCmd(a *app) *cobra.Command {
	var f tagFlags
	limit, kind := 0, ""
	cmd := &cobra.Command{
		Use:   "groups [LOG...]",
		Short: "Compare the techniques seen with those that ATT&CK reports of groups",
		Long: `Compare the techniques that logs show, or without a log those of the tags in the
database, with the techniques that ATT&CK reports of threat groups, of software (malware
and tools) or of campaigns. That is no attribution: what a honeypot sees is what
everyone does.

SHARED techniques are seen and reported of the group, EXPECTED is how many chance
would give it, BITS how rare the shared ones are among groups. P is the probability of
as many by chance, Q the same for asking about all groups at once; a group stands out
below 0.05. Techniques count by their exact id, those of retired releases as their
successors.`,
		Example: `  ttpctl groups cowrie.json
  ttpctl groups --with software cowrie.json
  ttpctl groups -o json --limit 0 --db ttpctl.db`,
	}
	outputFlag(cmd, &f.output, rowFormats...)
	cmd.Flags().IntVar(&limit, "limit", 20, "at most so many; 0 = all")
	enumVar(cmd, cmd.Flags(), &kind, "with", groups.Groups, groups.Kinds(), "what ATT&CK reports of")
	cmd.Flags().BoolVar(&f.ignoreState, "ignore-state", false, "do not apply the states in the database")
	f.input.register(cmd)
	f.input.registerSort(cmd)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.origin = a.ruleOrigin()
		return runGroups(ctx, f, kind, limit, args, a.streams)
	})
	return cmd
}

func runGroups(ctx context.Context, f tagFlags, kind string, limit int, paths []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err == nil {
		err = s.guardInputs(list, paths, f.input.files()...)
	}
	if err == nil && limit < 0 {
		err = cannotRun("0 is all of them", "--limit: %d is below 0", limit)
	}
	if err != nil {
		return err
	}
	ids, err := f.techniques(ctx, paths, s)
	if ids == nil {
		return err
	}
	r := groups.Compare(s.attack(), kind, ids)
	err = joinErrors(err, s.renderRows(list, r.Rows(limit)))
	s.notef("%s", r.Verdict())
	return err
}

// techniques returns the techniques of logs, or of the database; nil when nothing
// could be read.
func (f *tagFlags) techniques(ctx context.Context, paths []string, s *streams) (ids []string, err error) {
	ids = []string{}
	if len(paths) == 0 {
		db, err := databases.InsteadOfLog(mustReadDB(ctx, f.origin.db, s))
		if err != nil {
			return nil, err
		}
		counts, err := db.Tags().Techniques(ctx, store.Filter{})
		closeDB(db, &err)
		return store.MostSpecific(counts), err
	}
	t := &tagging{now: s.now(), filter: &event.Filter{}}
	if t.snapshot, err = f.inForce(ctx, s); err != nil {
		return nil, err
	}
	inputs, cfg, err := f.prepare(ctx, paths, t.snapshot.Ruleset(), s)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	tagger := t.tagger(func(tags []event.Tag) error {
		for i := range tags {
			seen[tags[i].MostSpecific()] = true
		}
		return nil
	}, s)
	account, err := tagger.Run(ctx, inputs, cfg)
	ids = slices.AppendSeq(ids, maps.Keys(seen))
	s.logRejected(&account)
	return ids, joinErrors(err, verdict(ctx, &account, false))
}
