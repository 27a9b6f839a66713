package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// newRuleShowCmd returns `ttpctl rule show`.
func newRuleShowCmd(a *app) *cobra.Command {
	var output outputs
	cmd := &cobra.Command{
		Use:               "show RULE...",
		Short:             "Show what a rule says, and its state",
		Long:              "Show the definitions of rules and the states they are in.",
		Example:           "  ttpctl rule show R0012",
		ValidArgsFunction: a.completeRules,
	}
	outputFlag(cmd, &output, "table", "json")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		return runRuleShow(ctx, output, a.ruleOrigin(), args, a.streams)
	})
	return cmd
}

// A shownRule is what rule show says of one rule.
type shownRule struct {
	jsonRuleState
	Name        string       `json:"name"`
	Version     *int         `json:"rule_version"` // null when it is not in force
	Description string       `json:"description,omitempty"`
	AppliesTo   []string     `json:"applies_to,omitempty"`
	Emits       []store.Emit `json:"emits,omitempty"`
	state       event.State
}

func runRuleShow(ctx context.Context, output outputs, o ruleOrigin, args []string, s *streams) error {
	list, err := output.choose(s, "table")
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return cannotRun("for example ttpctl rule show R0012", "no rule named")
	}
	known, states, err := readStates(ctx, o, s)
	if err != nil {
		return err
	}
	ids, err := known.WithStates(args, states)
	if err != nil {
		return err
	}
	shown := []shownRule{}
	for _, id := range ids {
		shown = append(shown, show(known, id, states[id]))
	}
	return s.render(list, func(k *sink) error {
		if k.format == "json" {
			e := s.newEnvelope("ttpctl.rule.show/v1", nil)
			e.Data, e.StateHash = shown, states.Hash()
			return e.Write(k)
		}
		for i := range shown {
			if i > 0 {
				k.printf("\n")
			}
			shown[i].write(k, s.attack(), s.now())
		}
		return nil
	})
}

// show puts together what is known of a rule.
func show(k *store.Known, id string, st event.State) shownRule {
	r := shownRule{jsonRuleState: newJSONRuleState(id, st), state: st}
	if rule, ok := k.Find(id); ok {
		r.Name, r.Version, r.Description = rule.Name, &rule.Version, rule.Description
		r.AppliesTo, r.Emits = rule.AppliesTo, rule.Emits
	}
	return r
}

// stateText returns `clipped to at most 0.5 until 2026-11-22 09:00 UTC (in 3h12m)`.
func stateText(st event.State, now time.Time) string {
	text := st.Mode.String()
	if st.Mode == event.Clipped {
		text += fmt.Sprintf(" to at most %v", st.Max)
	}
	if !st.ExpiresAt.IsZero() {
		text += " until " + report.Moment(st.ExpiresAt, now) + " (in " + report.Remaining(st.ExpiresAt, now) + ")"
	}
	return text
}

// write shows a rule to people.
func (r *shownRule) write(k *sink, c *attack.Catalogue, now time.Time) {
	line := func(word, text string) {
		if text != "" {
			k.printf("%-12s%s\n", word, escape.Terminal(text))
		}
	}
	k.printf("%s  %s\n", k.palette.Bold(r.RuleID), escape.Terminal(r.Name))
	if r.Version == nil {
		line("version", "not in force")
	} else {
		k.printf("%-12s%d\n", "version", *r.Version)
	}
	line("state", stateText(r.state, now))
	if r.state.Mode != event.Enabled {
		line("reason", r.state.Reason)
		line("set", report.Moment(r.state.SetAt, now)+" by "+r.state.SetBy)
	}
	line("reads", strings.Join(r.AppliesTo, ", "))
	for _, e := range r.Emits {
		k.printf("%-12s%-10s %-4v %s (%s)\n", "technique", e.Technique, e.Confidence, c.FullName(e.Technique), c.TacticName(e.Tactic))
	}
	line("about", strings.Join(strings.Fields(r.Description), " "))
	line("history", "ttpctl rule history "+r.RuleID)
}
