package main

import (
	"github.com/spf13/cobra"

	"ttpctl/internal/event"
)

// newRuleCmd returns `ttpctl rule`, whose subcommands are the operator's hand
// on single rules.
func newRuleCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "rule",
		Short: "Switch rules off, clip them, switch them on again",
		Long: `Switch rules off, clip their confidence, switch them on again, for a while or
until further notice; list which rules are switched or clipped, since when, why
and by whom.

States live in the database (--db), beside the definitions and never in them.
Running taggers follow within a second; ttpctl tag applies them when it starts.
A state with an end reverts by itself.

The rules that can be named are those of --rules when it is given, else those
that running taggers recorded in the database, else the embedded pack.`,
	},
		newRuleListCmd(a), newRuleShowCmd(a),
		newRuleSetCmd(a, event.Disabled), newRuleSetCmd(a, event.Clipped), newRuleSetCmd(a, event.Enabled),
		newRuleHistoryCmd(a),
	)
}
