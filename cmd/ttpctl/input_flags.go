package main

import (
	"context"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ttpctl/internal/escape"
	"ttpctl/internal/hint"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
	"ttpctl/internal/report"
	"ttpctl/internal/settings"
)

// inputFlags say how telemetry is read, for every command that reads it.
type inputFlags struct {
	format      string
	maxLine     settings.Size
	noSort      bool
	keepCopies  bool
	verbose     bool
	artifacts   string
	honeytokens string
	hashKey     string
}

// register declares the flags that every reader of telemetry has.
func (f *inputFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	formats, _ := ingest.Formats()
	enumVar(cmd, fs, &f.format, "format", ingest.Auto, append([]string{ingest.Auto}, formats...), "format of the input")
	f.maxLine = lines.DefaultMaxLine
	fs.Var(&f.maxLine, "max-line", "longest line that is read, with a `size` suffix k, M or G")
}

// registerSort declares the flags of commands that read files.
func (f *inputFlags) registerSort(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.keepCopies, "keep-copies", false, "read also files that are a copy, or another name, of one that is read")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "name every file that is left out, not only the first")
	cmd.Flags().BoolVar(&f.noSort, "no-sort", false, "read the files as given, not in the order of their first timestamps")
}

// registerSources declares the flags of commands that evaluate what they read.
func (f *inputFlags) registerSources(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.artifacts, "artifacts", "", "`directory` of stored mail, <decky_id>/<stored_as> in it")
	cmd.Flags().StringVar(&f.hashKey, "hash-key-file", "", "`file` with the key under which passwords are hashed, so that hashes of several runs and hosts can be compared")
	cmd.Flags().StringVar(&f.honeytokens, "honeytokens", "", "`file` of planted credentials, one username:password a line")
}

// files returns the files that reading needs besides its input.
func (f *inputFlags) files() []string {
	return slices.DeleteFunc([]string{f.honeytokens, f.hashKey}, func(name string) bool { return name == "" })
}

// config returns how to read.
func (f *inputFlags) config(ctx context.Context, s *streams) (ingest.Config, error) {
	cfg := ingest.Config{Format: f.format, MaxLine: int(f.maxLine), NoSort: f.noSort, KeepCopies: f.keepCopies, Artifacts: f.artifacts}
	if f.artifacts != "" {
		if info, err := os.Stat(f.artifacts); err != nil {
			return cfg, cannotRun("", "--artifacts %s: %w", f.artifacts, hint.PathReason(err))
		} else if !info.IsDir() {
			return cfg, cannotRun("", "--artifacts %s: not a directory", f.artifacts)
		}
	}
	if err := f.readHashKey(ctx, &cfg, s); err != nil || f.honeytokens == "" {
		return cfg, err
	}
	file, err := readSmall(ctx, "--honeytokens", f.honeytokens, s)
	if err != nil {
		return cfg, err
	}
	if cfg.Honeytokens, err = ingest.ReadHoneytokens(file); err != nil {
		return cfg, cannotRun("one username:password a line", "--honeytokens %s: %w", f.honeytokens, err)
	}
	return cfg, nil
}

// minHashKey is the least length of a key in bytes: a shorter one can be guessed.
const minHashKey = 16

func (f *inputFlags) readHashKey(ctx context.Context, cfg *ingest.Config, s *streams) error {
	if f.hashKey == "" {
		return nil
	}
	key, err := small(lines.ReadRaw(ctx, s.input(f.hashKey), smallFile))
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return cannotRun("", "--hash-key-file %s: %w", f.hashKey, err)
	case len(key) < minHashKey:
		return cannotRun("head -c 32 /dev/urandom > "+f.hashKey, "--hash-key-file %s: a key has at least %d bytes, this has %d", f.hashKey, minHashKey, len(key))
	}
	cfg.HashKey = key
	return nil
}

// findInputs returns the files that paths name in the order in which to read
// them; - is stdin, under the name stdin. It says which files are left out.
func (f *inputFlags) findInputs(ctx context.Context, paths []string, stdin string, cfg ingest.Config, s *streams) ([]ingest.Input, error) {
	inputs, leftOut, err := lines.List(paths)
	if err != nil {
		return nil, cannotRun("", "input: %w", err)
	}
	for i := range inputs {
		if inputs[i].Name == "-" {
			inputs[i] = ingest.Input{Name: stdin, Reader: s.in}
			s.announceStdin()
		}
	}
	inputs, more, err := ingest.Prepare(ctx, inputs, cfg)
	f.sayLeftOut(append(leftOut, more...), s)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, cannotRun("", "input: %w", err)
	}
	return ingest.TellApart(inputs), nil
}

// sayLeftOut names the files that nobody reads, with --verbose all of them.
func (f *inputFlags) sayLeftOut(files []lines.LeftOut, s *streams) {
	const named = 6
	for i, l := range files {
		if i == named && !f.verbose {
			s.notef("left out: %s more, -v names them", report.Grouped(len(files)-i))
			return
		}
		help := ""
		if l.Copy {
			help = "; --keep-copies reads it"
		}
		s.notef("left out: %s: %s%s", escape.Terminal(l.Path), escape.Terminal(l.Why), help)
	}
}

// announceStdin says on a terminal that input is waited for.
func (s *streams) announceStdin() {
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.notef("waiting for input from the terminal; Ctrl-D ends it")
	}
}
