package main

import (
	"strings"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
)

// write shows a rule to people.
func (r *shownRule) write(k *sink, now time.Time) {
	line := func(word, text string) {
		if text != "" {
			k.printf("%-12s%s\n", word, escape.Terminal(text))
		}
	}
	k.printf("%s  %s\n", k.palette.bold(r.RuleID), escape.Terminal(r.Name))
	if r.Version == nil {
		line("version", "not in force")
	} else {
		k.printf("%-12s%d\n", "version", *r.Version)
	}
	line("state", stateText(r.state, now))
	if r.state.Mode != engine.Enabled {
		line("reason", r.state.Reason)
		line("set", moment(r.state.SetAt, now)+" by "+r.state.SetBy)
	}
	line("reads", strings.Join(r.AppliesTo, ", "))
	c := attack.Default()
	for _, e := range r.Emits {
		k.printf("%-12s%-10s %-4v %s (%s)\n", "technique", e.Technique, e.Confidence, techniqueName(c, e.Technique), tacticName(c, e.Tactic))
	}
	line("about", strings.Join(strings.Fields(r.Description), " "))
	line("history", "ttpctl rule history "+r.RuleID)
}
