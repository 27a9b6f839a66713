package main

import (
	"context"

	"github.com/spf13/cobra"

	"ttpctl/internal/report/states"
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

func runRuleShow(ctx context.Context, output outputs, o ruleOrigin, args []string, s *streams) error {
	list, err := output.choose(s, "table")
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return cannotRun("for example ttpctl rule show R0012", "no rule named")
	}
	known, inEffect, err := readStates(ctx, o, s)
	if err != nil {
		return err
	}
	ids, err := known.WithStates(args, inEffect)
	if err != nil {
		return err
	}
	shown := states.Show(known, ids, inEffect)
	return s.render(list, func(k *sink) error {
		if k.format == "json" {
			e := s.newEnvelope("ttpctl.rule.show/v1", nil)
			e.Data, e.StateHash = shown, inEffect.Hash()
			return e.Write(k)
		}
		for i := range shown {
			if i > 0 {
				k.printf("\n")
			}
			shown[i].Write(k, k.palette, s.attack(), s.now())
		}
		return nil
	})
}
