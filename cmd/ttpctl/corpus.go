package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ttpctl/internal/corpus"
)

// newCorpusCmd returns `ttpctl corpus`.
func newCorpusCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "corpus",
		Short: "Build corpora from telemetry, and label them",
		Long:  "Make the rows that ttpctl precision scores rules on: build takes them from telemetry,\ndraw picks some by lot, label asks about them. Only who writes rules needs it.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cannotRun(seeHelp(cmd), "no command given: corpus build, corpus draw or corpus label")
		},
	}
	cmd.AddCommand(newCorpusBuildCmd(a), newCorpusDrawCmd(a), newCorpusLabelCmd(a))
	return cmd
}

// excludeVariables are the environment's lists of excluded addresses; the
// second is that of DECNET.
var excludeVariables = []string{"TTPCTL_CORPUS_EXCLUDE_IPS", "DECNET_TTP_CORPUS_EXCLUDE_IPS"}

func excludeFlag(fs *pflag.FlagSet, list *[]string) {
	fs.StringArrayVar(list, "exclude-ip", nil, "`ADDRESS`, range or @file of them, repeatable, comma-separated: dropped, and scrubbed out of the rest; $"+excludeVariables[0]+" adds to it")
}

// parseExclusions merges the flags and the environment. Without an address
// nothing runs.
func parseExclusions(ctx context.Context, flags []string, s *streams) (*corpus.Exclusions, error) {
	var words []corpus.Word
	for _, text := range flags {
		words = append(words, corpus.Word{Origin: "--exclude-ip", Text: text})
	}
	for _, name := range excludeVariables {
		if text, ok := s.lookup(name); ok {
			words = append(words, corpus.Word{Origin: name, Text: text})
		}
	}
	x, err := corpus.ParseExclusions(words, func(name string) ([]byte, error) { return smallText(ctx, name, s) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if errors.Is(err, corpus.ErrNoExclusions) {
		return nil, cannotRun("name your own addresses with --exclude-ip, or in "+excludeVariables[0], "%w", err)
	}
	if err != nil {
		return nil, classify(err)
	}
	return x, nil
}

// warnUnmatched names the exclusions that nothing matched: a mistyped address
// protects nobody.
func warnUnmatched(scrub *corpus.Scrubber, s *streams) {
	for _, name := range scrub.Unmatched() {
		s.log.Warn("this exclusion matched nothing", "address", name)
	}
}
