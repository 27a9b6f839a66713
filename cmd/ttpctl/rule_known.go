package main

import (
	"context"
	"slices"

	"ttpctl/internal/report/states"
	"ttpctl/internal/store"
)

// findRules returns the rules of an explicit --rules, else those that running
// taggers recorded in db, else those of o. db may be nil.
func findRules(ctx context.Context, o ruleOrigin, db store.Database, s *streams) (*store.Known, error) {
	if len(o.rules) == 0 {
		leases, err := followers(ctx, db)
		if err != nil {
			return nil, err
		}
		if recorded := store.InForceOf(leases); len(recorded) > 0 {
			return &store.Known{Rules: recorded, Where: states.Followers(leases, s.now())}, nil
		}
	}
	rs, err := o.load(ctx, db, s)
	if err != nil {
		return nil, err
	}
	k := &store.Known{Rules: recordOf(rs), Where: o.rules.Where()}
	if o.store == "database" {
		k.Where = "the database"
	}
	return k, nil
}

// readIDs replaces "-" by the ids that stdin holds.
func readIDs(ctx context.Context, args []string, s *streams) ([]string, error) {
	i := slices.Index(args, "-")
	if i < 0 {
		return args, nil
	}
	in := s.ruleReader("")
	in.Read(ctx, "-")
	if err := in.Err(); err != nil {
		return nil, err
	}
	ids := store.ListedIDs(string(in.Sources[0].Data))
	if len(ids) == 0 {
		return nil, cannotRun("one id a line", "stdin: no rule ids")
	}
	return slices.Concat(args[:i], ids, args[i+1:]), nil
}
