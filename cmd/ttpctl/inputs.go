package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
	"ttpctl/rules"
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

	sources []engine.Source
	leftOut engine.Diagnostics // names that the filter left out
	errs    []error
	seen    map[string]bool // cleaned paths: a file named twice is read once
}

// readRules reads the rule files that paths name: files, directories (not
// below them), globs, "-" for stdin; none means the embedded pack.
func readRules(ctx context.Context, s *streams, stdinName string, paths []string) *ruleInput {
	in := &ruleInput{stdin: s.in, stdinName: stdinName, follow: s.followLinks, seen: map[string]bool{}}
	if len(paths) == 0 {
		in.addPack()
	}
	for _, p := range paths {
		if ctx.Err() != nil {
			in.fail(context.Cause(ctx))
			break
		}
		in.add(ctx, p)
	}
	return in
}

// err returns what could not be read.
func (in *ruleInput) err() error { return joinErrors(in.errs...) }

func (in *ruleInput) fail(err error) { in.errs = append(in.errs, err) }

// add reads what one argument names. A path that exists is no glob.
func (in *ruleInput) add(ctx context.Context, name string) {
	if name == "-" {
		in.addStdin(ctx)
		return
	}
	info, err := os.Stat(name)
	switch {
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
	d.File = name
	in.leftOut = append(in.leftOut, d)
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
	case !in.follow && leaves(dir, name):
		in.fail(cannotRun("--follow-symlinks reads it all the same", "%s: a link that leaves %s", name, dir))
	case !info.Mode().IsRegular():
		in.fail(cannotRun("", "%s: not a regular file", name))
	default:
		in.addFile(ctx, name)
	}
}

// leaves reports whether name, found below dir, is really elsewhere. Links
// inside dir, as Kubernetes makes them, stay.
func leaves(dir, name string) bool {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return true
	}
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return true
	}
	rel, err := filepath.Rel(root, target)
	return err != nil || !filepath.IsLocal(rel)
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
		in.sources = append(in.sources, engine.Source{Name: name, Data: data})
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
		in.sources = append(in.sources, engine.Source{Name: in.nameOfStdin(), Data: data})
	}
}

func (in *ruleInput) nameOfStdin() string {
	if in.stdinName == "" {
		return unnamedStdin
	}
	return in.stdinName
}

// addPack reads the embedded pack, under the names its files have in this
// repository.
func (in *ruleInput) addPack() {
	err := fs.WalkDir(rules.Files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(rules.Files, name)
		in.sources = append(in.sources, engine.Source{Name: path.Join("rules", name), Data: data})
		return err
	})
	if err != nil {
		panic("ttpctl: the embedded pack: " + err.Error()) // it is part of the program
	}
}
