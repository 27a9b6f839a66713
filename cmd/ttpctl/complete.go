package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/store"
)

// completeFlags gives every flag of the tree that takes a rule, a technique, a
// tactic or a cohort its completion: a flag of one name means the same in every
// command.
func (a *app) completeFlags(cmd *cobra.Command) {
	byName := map[string]cobra.CompletionFunc{
		"rule": a.completeRules, "technique": a.completeTechniques, "tactic": a.completeTactics, "cohort": completeCohorts,
		"session": a.completeSessions,
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, has := cmd.GetFlagCompletionFunc(f.Name); has || byName[f.Name] == nil {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, listed(byName[f.Name])); err != nil {
			panic("ttpctl: " + err.Error()) // no such flag
		}
	})
	for _, c := range cmd.Commands() {
		a.completeFlags(c)
	}
}

// listed makes a completion of one word that of a list with commas.
func listed(one cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := word[:strings.LastIndexByte(word, ',')+1]
		words, directive := one(cmd, args, word[len(before):])
		for i := range words {
			words[i] = before + words[i]
		}
		return words, directive
	}
}

// completeRules offers the rules in force, also those that settings name.
func (a *app) completeRules(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	_ = a.settle(cmd) // a broken config file is said when the command runs
	known, err := a.knownRules(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var ids []cobra.Completion
	for _, r := range known.Rules {
		ids = append(ids, cobra.CompletionWithDesc(r.RuleID, r.Name))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) knownRules(ctx context.Context) (known *store.Known, err error) {
	path, err := dbFile(a.globals.db, a.streams)
	if err != nil {
		path = "" // the rules of the pack can be offered all the same
	}
	db, err := readDB(ctx, path, a.streams)
	if err != nil {
		return nil, err
	}
	defer closeDB(db, &err)
	return findRules(ctx, a.ruleOrigin(), db, a.streams)
}

func (a *app) completeTechniques(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var ids []cobra.Completion
	for t := range a.attack().Techniques() {
		if t.Status == attack.Active {
			ids = append(ids, cobra.CompletionWithDesc(t.ID, t.Name))
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) completeTactics(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var words []cobra.Completion
	for _, d := range attack.Domains() {
		for t := range a.attack().Tactics(d) {
			words = append(words, cobra.CompletionWithDesc(t.ID, t.Name), cobra.CompletionWithDesc(t.Shortname, t.Name))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// completeSessions offers sessions that serve --keep-sessions kept, those with the last
// lines first.
func (a *app) completeSessions(cmd *cobra.Command, _ []string, word string) (ids []cobra.Completion, _ cobra.ShellCompDirective) {
	_ = a.settle(cmd) // a broken config file is said when the command runs
	db, err := mustReadDB(cmd.Context(), a.globals.db, a.streams)
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	defer closeDB(db, &err)
	ids, err = db.Sessions().IDs(cmd.Context(), word, 200)
	return sessions.Plain(ids), cobra.ShellCompDirectiveDefault
}

func completeCohorts(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return corpus.Cohorts(), cobra.ShellCompDirectiveNoFileComp
}
