package main

import (
	"context"
	"slices"
	"strings"

	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// findRules returns the rules of an explicit --rules, else those that running
// taggers recorded in db, else those of o. db may be nil.
func findRules(ctx context.Context, o ruleOrigin, db *sqlite.DB, s *streams) (*store.Known, error) {
	if len(o.rules) == 0 {
		leases, err := followers(ctx, db)
		if err != nil {
			return nil, err
		}
		if recorded := store.InForceOf(leases); len(recorded) > 0 {
			return &store.Known{Rules: recorded, Where: leaseTexts(leases, s.now())}, nil
		}
	}
	rs, err := o.load(ctx, db, s)
	if err != nil {
		return nil, err
	}
	k := &store.Known{Rules: recordOf(rs), Where: o.rules.where()}
	if o.store == "database" {
		k.Where = "the database"
	}
	return k, nil
}

// readIDs replaces "-" by the ids that stdin holds, the first word of each
// line; # begins a comment.
func readIDs(ctx context.Context, args []string, s *streams) ([]string, error) {
	i := slices.Index(args, "-")
	if i < 0 {
		return args, nil
	}
	in := readRules(ctx, s, "", []string{"-"})
	if err := in.err(); err != nil {
		return nil, err
	}
	var ids []string
	for line := range strings.Lines(string(in.sources[0].Data)) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			ids = append(ids, words[0])
		}
	}
	if len(ids) == 0 {
		return nil, cannotRun("one id a line", "stdin: no rule ids")
	}
	return slices.Concat(args[:i], ids, args[i+1:]), nil
}
