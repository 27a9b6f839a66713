package main

import (
	"os"

	"github.com/spf13/cobra"

	"ttpctl/internal/ingest"
	"ttpctl/internal/lines"
)

// inputFlags say how telemetry is read, for every command that reads it.
type inputFlags struct {
	format      string
	maxLine     byteSize
	noSort      bool
	artifacts   string
	honeytokens string
}

// register declares the flags that every reader of telemetry has.
func (f *inputFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	formats, _ := ingest.Formats()
	enumVar(cmd, fs, &f.format, "format", ingest.Auto, append([]string{ingest.Auto}, formats...), "format of the input")
	f.maxLine = lines.DefaultMaxLine
	fs.Var(&f.maxLine, "max-line", "longest line that is read, with a `size` suffix k, M or G")
}

// registerSort declares the flag of commands that read files.
func (f *inputFlags) registerSort(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.noSort, "no-sort", false, "read the files as given, not in the order of their first timestamps")
}

// registerSources declares the flags of commands that evaluate what they read.
func (f *inputFlags) registerSources(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.artifacts, "artifacts", "", "`directory` of stored mail, <decky_id>/<stored_as> in it")
	cmd.Flags().StringVar(&f.honeytokens, "honeytokens", "", "`file` of planted credentials, one username:password a line")
}

// files returns the files that reading needs besides its input.
func (f *inputFlags) files() []string {
	if f.honeytokens == "" {
		return nil
	}
	return []string{f.honeytokens}
}

// config returns how to read.
func (f *inputFlags) config() (ingest.Config, error) {
	cfg := ingest.Config{Format: f.format, MaxLine: int(f.maxLine), NoSort: f.noSort, Artifacts: f.artifacts}
	if f.artifacts != "" {
		if info, err := os.Stat(f.artifacts); err != nil {
			return cfg, cannotRun("", "--artifacts %s: %w", f.artifacts, reason(err))
		} else if !info.IsDir() {
			return cfg, cannotRun("", "--artifacts %s: not a directory", f.artifacts)
		}
	}
	if f.honeytokens == "" {
		return cfg, nil
	}
	file, err := os.Open(f.honeytokens)
	if err != nil {
		return cfg, cannotRun("", "--honeytokens %s: %w", f.honeytokens, reason(err))
	}
	defer file.Close()
	if cfg.Honeytokens, err = ingest.ReadHoneytokens(file); err != nil {
		return cfg, cannotRun("one username:password a line", "--honeytokens %s: %w", f.honeytokens, err)
	}
	return cfg, nil
}

// findInputs returns the files that paths name in the order in which to read
// them; - is stdin, under the name stdin.
func findInputs(paths []string, stdin string, cfg ingest.Config, s *streams) ([]ingest.Input, error) {
	files, err := lines.Expand(paths)
	if err != nil {
		return nil, cannotRun("", "input: %w", err)
	}
	var inputs []ingest.Input
	for _, name := range files {
		in := ingest.Input{Name: name}
		if name == "-" {
			in = ingest.Input{Name: stdin, Reader: s.in}
		}
		inputs = append(inputs, in)
	}
	if inputs, err = ingest.Prepare(inputs, cfg); err != nil {
		return nil, cannotRun("", "input: %w", err)
	}
	return inputs, nil
}
