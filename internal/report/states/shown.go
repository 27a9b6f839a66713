package states

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A Shown is what is known of one rule.
type Shown struct {
	State
	Name        string       `json:"name"`
	Version     *int         `json:"rule_version"` // null when it is not in force
	Description string       `json:"description,omitempty"`
	AppliesTo   []string     `json:"applies_to,omitempty"`
	Emits       []store.Emit `json:"emits,omitempty"`
	state       event.State
}

// Show puts together what is known of the rules called ids.
func Show(k *store.Known, ids []string, states event.States) []Shown {
	all := []Shown{}
	for _, id := range ids {
		r := Shown{State: newState(id, states[id]), state: states[id]}
		if rule, ok := k.Find(id); ok {
			r.Name, r.Version, r.Description = rule.Name, &rule.Version, rule.Description
			r.AppliesTo, r.Emits = rule.AppliesTo, rule.Emits
		}
		all = append(all, r)
	}
	return all
}

// Write shows a rule to people; w keeps the first error.
func (r *Shown) Write(w io.Writer, p report.Palette, c *attack.Catalogue, now time.Time) {
	line := func(word, text string) {
		if text != "" {
			fmt.Fprintf(w, "%-12s%s\n", word, escape.Terminal(text))
		}
	}
	fmt.Fprintf(w, "%s  %s\n", p.Bold(r.RuleID), escape.Terminal(r.Name))
	if r.Version == nil {
		line("version", "not in force")
	} else {
		fmt.Fprintf(w, "%-12s%d\n", "version", *r.Version)
	}
	line("state", stateText(r.state, now))
	if r.state.Mode != event.Enabled {
		line("reason", r.state.Reason)
		line("set", report.Moment(r.state.SetAt, now)+" by "+r.state.SetBy)
	}
	line("reads", strings.Join(r.AppliesTo, ", "))
	for _, e := range r.Emits {
		fmt.Fprintf(w, "%-12s%-10s %-4v %s (%s)\n", "technique", e.Technique, e.Confidence, c.FullName(e.Technique), c.TacticName(e.Tactic))
	}
	line("about", strings.Join(strings.Fields(r.Description), " "))
	line("history", "ttpctl rule history "+r.RuleID)
}
