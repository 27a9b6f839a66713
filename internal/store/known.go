package store

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"ttpctl/internal/edit"
	"ttpctl/internal/event"
	"ttpctl/internal/hint"
)

// Known are the rules that an operator can name: those in force.
type Known struct {
	Rules []InForce // in id order
	Where string    // they come from
}

// Find returns the rule with that id, and whether it is in force.
func (k *Known) Find(id string) (InForce, bool) {
	i, ok := slices.BinarySearchFunc(k.Rules, id, func(r InForce, id string) int { return strings.Compare(r.RuleID, id) })
	if !ok {
		return InForce{RuleID: id}, false
	}
	return k.Rules[i], true
}

// IDs returns the ids of the rules in force, in order.
func (k *Known) IDs() []string {
	ids := make([]string, len(k.Rules))
	for i, r := range k.Rules {
		ids[i] = r.RuleID
	}
	return ids
}

// Choose returns the ids that args name, in id order: ids, names of rules in
// force, and globs over among. An id that is not among them is an error; with
// force it is taken as it is when it has the form of one.
func (k *Known) Choose(args, among []string, force bool) ([]string, error) {
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
				return nil, hint.Errorf("ttpctl rule list", "no rule matches %q, of %s", arg, k.Where)
			}
			for _, id := range ids {
				chosen[id] = true
			}
		case k.named(arg) != "":
			chosen[k.named(arg)] = true
		case force && IsRuleID(arg):
			chosen[arg] = true
		case force:
			return nil, hint.Errorf("a rule id is one to four capitals and four to six digits, such as R0012", "%q is no rule id", arg)
		default:
			return nil, k.unknown(arg, among)
		}
	}
	return slices.Sorted(maps.Keys(chosen)), nil
}

// named returns the id of the only rule in force that is called name, or "".
func (k *Known) named(name string) string {
	id := ""
	for _, r := range k.Rules {
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
			return nil, hint.Errorf("for example 'R001?' or 'R00*', in quotes", "rule %q: %w", pattern, err)
		}
		if ok {
			found = append(found, id)
		}
	}
	return found, nil
}

// IsRuleID reports whether id has the form of a rule id.
func IsRuleID(id string) bool {
	letters := len(id) - len(strings.TrimLeft(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	digits := id[letters:]
	return letters >= 1 && letters <= 4 && len(digits) >= 4 && len(digits) <= 6 && strings.Trim(digits, "0123456789") == ""
}

// unknown says that id is no rule in force, and which may have been meant.
func (k *Known) unknown(id string, among []string) error {
	help := fmt.Sprintf("ttpctl rule list shows the rules in force; --force sets the state of %s all the same", id)
	if !IsRuleID(id) {
		help = "ttpctl rule list shows the rules in force"
	}
	if near := edit.Closest(id, among); near != "" {
		r, _ := k.Find(near)
		help = "did you mean " + near + " (" + r.Name + ")?"
	}
	return hint.Errorf(help, "unknown rule %q: not among the %s of %s", id, countOf(len(k.Rules), "rule"), k.Where)
}

// WithStates returns the ids that args name among the rules in force and those
// that have a state; all of them for no args.
func (k *Known) WithStates(args []string, states event.States) ([]string, error) {
	among := k.IDs()
	for id := range states {
		if _, ok := k.Find(id); !ok {
			among = append(among, id)
		}
	}
	slices.Sort(among)
	if len(args) == 0 {
		return among, nil
	}
	return k.Choose(args, among, false)
}

// ListedIDs returns the ids in a text: the first word of each line, where #
// begins a comment.
func ListedIDs(text string) (ids []string) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			ids = append(ids, words[0])
		}
	}
	return ids
}
