package main

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"ttpctl/internal/edit"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// knownRules are the rules that an operator can name: those in force.
type knownRules struct {
	rules []store.InForce // in id order
	where string          // they come from
}

// findRules returns the rules of an explicit --rules, else those that running
// taggers recorded in db, else those of o. db may be nil.
func findRules(ctx context.Context, o ruleOrigin, db *sqlite.DB, s *streams) (*knownRules, error) {
	if len(o.rules) == 0 {
		leases, err := followers(ctx, db)
		if err != nil {
			return nil, err
		}
		if recorded := store.InForceOf(leases); len(recorded) > 0 {
			return &knownRules{recorded, leaseTexts(leases, s.now())}, nil
		}
	}
	rs, err := o.load(ctx, db, s)
	if err != nil {
		return nil, err
	}
	k := &knownRules{rules: recordOf(rs), where: o.rules.where()}
	if o.store == "database" {
		k.where = "the database"
	}
	return k, nil
}

func (k *knownRules) find(id string) (store.InForce, bool) {
	i, ok := slices.BinarySearchFunc(k.rules, id, func(r store.InForce, id string) int { return strings.Compare(r.RuleID, id) })
	if !ok {
		return store.InForce{RuleID: id}, false
	}
	return k.rules[i], true
}

func (k *knownRules) ids() []string {
	ids := make([]string, len(k.rules))
	for i, r := range k.rules {
		ids[i] = r.RuleID
	}
	return ids
}

// choose returns the ids that args name, in id order: ids, names of rules in
// force, and globs over among. An id that is not among them is an error, or with force taken as it
// is when it has the form of one.
func (k *knownRules) choose(args, among []string, force bool) ([]string, error) {
	chosen := map[string]bool{}
	for _, arg := range args {
		switch {
		case slices.Contains(among, arg):
			chosen[arg] = true
		case strings.ContainsAny(arg, "*?["):
			ids, err := matching(arg, among)
			if err != nil {
				return nil, err
			}
			if len(ids) == 0 {
				return nil, cannotRun("ttpctl rule list", "no rule matches %q, of %s", arg, k.where)
			}
			for _, id := range ids {
				chosen[id] = true
			}
		case k.named(arg) != "":
			chosen[k.named(arg)] = true
		case force && isRuleID(arg):
			chosen[arg] = true
		case force:
			return nil, cannotRun("a rule id is one to four capitals and four to six digits, such as R0012", "%q is no rule id", arg)
		default:
			return nil, k.unknown(arg, among)
		}
	}
	return slices.Sorted(maps.Keys(chosen)), nil
}

// named returns the id of the only rule in force that is called name, or "".
func (k *knownRules) named(name string) string {
	id := ""
	for _, r := range k.rules {
		if r.Name == name && id != "" {
			return "" // two of that name
		}
		if r.Name == name {
			id = r.RuleID
		}
	}
	return id
}

// matching returns the ids that a glob matches.
func matching(pattern string, ids []string) ([]string, error) {
	var found []string
	for _, id := range ids {
		ok, err := path.Match(pattern, id)
		if err != nil {
			return nil, cannotRun("for example 'R001?' or 'R00*', in quotes", "rule %q: %w", pattern, err)
		}
		if ok {
			found = append(found, id)
		}
	}
	return found, nil
}

// isRuleID reports whether id has the form of a rule id.
func isRuleID(id string) bool {
	letters := len(id) - len(strings.TrimLeft(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	digits := id[letters:]
	return letters >= 1 && letters <= 4 && len(digits) >= 4 && len(digits) <= 6 && strings.Trim(digits, "0123456789") == ""
}

// unknown says that id is no rule in force, and which may have been meant.
func (k *knownRules) unknown(id string, among []string) error {
	help := fmt.Sprintf("ttpctl rule list shows the rules in force; --force sets the state of %s all the same", id)
	if !isRuleID(id) {
		help = "ttpctl rule list shows the rules in force"
	}
	if near := edit.Closest(id, among); near != "" {
		r, _ := k.find(near)
		help = "did you mean " + near + " (" + r.Name + ")?"
	}
	return cannotRun(help, "unknown rule %q: not among the %s of %s", id, report.Plural(len(k.rules), "rule"), k.where)
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
