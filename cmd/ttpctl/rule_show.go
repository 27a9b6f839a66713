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
	if _, err := output.choose(s, "table"); err != nil {
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
	e := s.newEnvelope("ttpctl.rule.show/v1", shown, nil)
	e.StateHash = inEffect.Hash()
	return s.renderAs(output, e, func(k *sink) error {
		for i := range shown {
			if i > 0 {
				k.printf("\n")
			}
			shown[i].Write(k, k.palette, s.attack(), s.now())
		}
		return nil
	})
}
