package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
	"ttpctl/internal/store/rulesdir"
)

// ruleFileLimit is the largest rule file that is read whole, in bytes; of a
// larger one the engine gets one byte more, and says so.
const ruleFileLimit = 1 << 20

// unnamedStdin is what rules from stdin are reported by when nobody names
// them. Having no stem, it is not compared with the rule_id.
const unnamedStdin = "<stdin>"

// nearRule is what the name filter of directory listings leaves out not
// without saying so. Paths that a user names meet neither.
var nearRule = regexp.MustCompile(`\.y[^.]*ml$`)

// A ruleInput collects rule files. What cannot be read is remembered in errs,
// and the rest is read all the same.
type ruleInput struct {
	stdin     io.Reader
	stdinName string // --stdin-filename
	follow    bool   // --follow-symlinks

	layer   int // of what is read now
	sources []engine.Source
	refused engine.Diagnostics // files that are not read, and why
	errs    []error
	seen    map[string]bool // cleaned paths of a layer: a file named twice is read once
}

// readLayers reads the rules of layers.
func readLayers(ctx context.Context, s *streams, stdinName string, layers ruleLayers) *ruleInput {
	in := newRuleInput(s, stdinName)
	for i, name := range layers.orPack() {
		in.layer, in.seen = i, map[string]bool{}
		if name == packLayer {
			in.add(packSources(!layers.given())...)
			continue
		}
		in.read(ctx, name)
	}
	return in
}

// readRules reads the rule files that paths name, all one layer: files,
// directories (not below them), globs, "-" for stdin.
func readRules(ctx context.Context, s *streams, stdinName string, paths []string) *ruleInput {
	in := newRuleInput(s, stdinName)
	for _, p := range paths {
		in.read(ctx, p)
	}
	return in
}

func newRuleInput(s *streams, stdinName string) *ruleInput {
	return &ruleInput{stdin: s.in, stdinName: stdinName, follow: s.followLinks, seen: map[string]bool{}}
}

// err returns what could not be read.
func (in *ruleInput) err() error { return joinErrors(in.errs...) }

func (in *ruleInput) fail(err error) { in.errs = append(in.errs, err) }

// add takes rule files into the layer that is read.
func (in *ruleInput) add(sources ...engine.Source) {
	for _, src := range sources {
		src.Layer = in.layer
		in.sources = append(in.sources, src)
	}
}

// read reads what one argument names. A path that exists is no glob.
func (in *ruleInput) read(ctx context.Context, name string) {
	info, err := os.Stat(name)
	switch {
	case ctx.Err() != nil:
		in.fail(context.Cause(ctx))
	case name == "-":
		in.addStdin(ctx)
	case err == nil && info.IsDir():
		in.addDir(ctx, name)
	case err == nil:
		in.addFile(ctx, name)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, "*?[{"):
		in.addGlob(ctx, name)
	default:
		in.fail(cannotRun("", "%s: %w", name, reason(err)))
	}
}

func (in *ruleInput) addGlob(ctx context.Context, pattern string) {
	names, err := lines.Glob(pattern)
	switch {
	case err != nil:
		in.fail(cannotRun("", "%s: %w", pattern, err))
	case len(names) == 0:
		in.fail(cannotRun("quote the pattern, ** also matches directories below", "%s: no file matches", pattern))
	}
	// The directory that the pattern names before its first special character.
	plain := pattern[:strings.IndexAny(pattern, "*?[{")]
	for _, name := range names {
		in.addListed(ctx, filepath.Dir(plain+"x"), name)
	}
}

// addDir reads the files of a directory that the name filter lets through.
func (in *ruleInput) addDir(ctx context.Context, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		in.fail(cannotRun("", "%s: %w", dir, reason(err)))
		return
	}
	found := false
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case store.IsRuleFile(e.Name()):
			found = true
			in.addListed(ctx, dir, name)
		case nearRule.MatchString(e.Name()):
			in.leaveOut(name)
		}
	}
	if !found {
		in.fail(cannotRun("rule files are named like R0001.yaml; directories below are not searched, "+filepath.Join(dir, "**", "*.yaml")+" is",
			"%s: no rule files in this directory", dir))
	}
}

func (in *ruleInput) leaveOut(name string) {
	d := engine.NewDiagnostic(engine.CodeLeftOut, engine.Span{}, "left out: its name is not letters, digits and underscores before .yaml or .yml").
		WithHelp("rename it, or name the file itself")
	in.refuse(name, d)
}

func (in *ruleInput) refuse(name string, d engine.Diagnostic) {
	d.File = name
	in.refused = append(in.refused, d)
}

// addListed reads a file that was found below dir, not named: only regular
// ones, since opening a pipe would wait for its writer, and none that a link
// leads to from outside of dir. Whoever can put a link among rules would else
// have validate read, and quote, what they may not read themselves.
func (in *ruleInput) addListed(ctx context.Context, dir, name string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		in.fail(cannotRun("", "%s: %w", name, reason(err)))
	case !in.follow && rulesdir.Leaves(dir, name):
		in.refuse(name, engine.NewDiagnostic(engine.CodeLink, engine.Span{}, "a link that leaves %s", dir).
			WithHelp("--follow-symlinks reads it all the same"))
	case !info.Mode().IsRegular():
		in.fail(cannotRun("", "%s: not a regular file", name))
	default:
		in.addFile(ctx, name)
	}
}

func (in *ruleInput) addFile(ctx context.Context, name string) {
	if key := filepath.Clean(name); in.seen[key] {
		return
	} else {
		in.seen[key] = true
	}
	data, err := lines.ReadFile(ctx, name, ruleFileLimit)
	switch {
	case err != nil && ctx.Err() != nil:
		in.fail(context.Cause(ctx))
	case err != nil:
		in.fail(cannotRun("", "%s: %w", name, reason(err)))
	default:
		in.add(engine.Source{Name: name, Data: data})
	}
}

// addStdin reads stdin.
func (in *ruleInput) addStdin(ctx context.Context) {
	if in.seen["-"] {
		return
	}
	in.seen["-"] = true
	data, err := lines.ReadAll(ctx, in.stdin, ruleFileLimit)
	switch {
	case err != nil && ctx.Err() != nil:
		in.fail(context.Cause(ctx))
	case err != nil:
		in.fail(broke("stdin: %w", reason(err)))
	default:
		in.add(engine.Source{Name: in.nameOfStdin(), Data: data})
	}
}

func (in *ruleInput) nameOfStdin() string {
	if in.stdinName == "" {
		return unnamedStdin
	}
	return in.stdinName
}
