package rulesdir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/hint"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
)

// unnamedStdin is what rules from stdin are reported by when nobody names
// them. Having no stem, it is not compared with the rule_id.
const unnamedStdin = "<stdin>"

// nearRule is what the name filter of directory listings leaves out not
// without saying so. Paths that a user names meet neither.
var nearRule = regexp.MustCompile(`\.y[^.]*ml$`)

// A Reader collects rule files once, without following them: files, directories
// (not below them), globs, "-" for stdin. What cannot be read is remembered, and
// the rest is read all the same. It is for one goroutine.
type Reader struct {
	Stdin       io.Reader
	StdinName   string // what stdin is reported by, "" = <stdin>
	FollowLinks bool   // out of a directory

	Sources []engine.Source
	Refused engine.Diagnostics // files that are not read, and why

	layer int // of what is read now
	errs  []error
	seen  map[string]bool // cleaned paths of a layer: a file named twice is read once
}

// Layer begins layer n: what is read from now on lies in it.
func (in *Reader) Layer(n int) { in.layer, in.seen = n, nil }

// Read reads the rule files that names stand for.
func (in *Reader) Read(ctx context.Context, names ...string) {
	for _, name := range names {
		in.read(ctx, name)
	}
}

// Err returns what could not be read.
func (in *Reader) Err() error { return errors.Join(in.errs...) }

// again reports whether key was seen in this layer before.
func (in *Reader) again(key string) bool {
	if in.seen == nil {
		in.seen = map[string]bool{}
	}
	seen := in.seen[key]
	in.seen[key] = true
	return seen
}

func (in *Reader) fail(err error) { in.errs = append(in.errs, err) }

// Add takes rule files into the layer that is read.
func (in *Reader) Add(sources ...engine.Source) {
	for _, src := range sources {
		src.Layer = in.layer
		in.Sources = append(in.Sources, src)
	}
}

// read reads what one argument names. A path that exists is no glob.
func (in *Reader) read(ctx context.Context, name string) {
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
		in.fail(hint.Errorf("", "%s: %w", name, hint.PathReason(err)))
	}
}

func (in *Reader) addGlob(ctx context.Context, pattern string) {
	names, err := lines.Glob(pattern)
	switch {
	case err != nil:
		in.fail(hint.Errorf("", "%s: %w", pattern, err))
	case len(names) == 0:
		in.fail(hint.Errorf("quote the pattern, ** also matches directories below", "%s: no file matches", pattern))
	}
	// The directory that the pattern names before its first special character.
	plain := pattern[:strings.IndexAny(pattern, "*?[{")]
	for _, name := range names {
		in.addListed(ctx, filepath.Dir(plain+"x"), name)
	}
}

// addDir reads the files of a directory that the name filter lets through.
func (in *Reader) addDir(ctx context.Context, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		in.fail(hint.Errorf("", "%s: %w", dir, hint.PathReason(err)))
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
		in.fail(hint.Errorf("rule files are named like R0001.yaml; directories below are not searched, "+filepath.Join(dir, "**", "*.yaml")+" is",
			"%s: no rule files in this directory", dir))
	}
}

func (in *Reader) leaveOut(name string) {
	d := engine.NewDiagnostic(engine.CodeLeftOut, engine.Span{}, "left out: its name is not letters, digits and underscores before .yaml or .yml").
		WithHelp("rename it, or name the file itself")
	in.refuse(name, d)
}

func (in *Reader) refuse(name string, d engine.Diagnostic) {
	d.File = name
	in.Refused = append(in.Refused, d)
}

// addListed reads a file that was found below dir, not named: only regular
// ones, since opening a pipe would wait for its writer, and none that a link
// leads to from outside of dir. Whoever can put a link among rules would else
// have validate read, and quote, what they may not read themselves.
func (in *Reader) addListed(ctx context.Context, dir, name string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		in.fail(hint.Errorf("", "%s: %w", name, hint.PathReason(err)))
	case !in.FollowLinks && Leaves(dir, name):
		in.refuse(name, engine.NewDiagnostic(engine.CodeLink, engine.Span{}, "a link that leaves %s", dir).
			WithHelp("--follow-symlinks reads it all the same"))
	case !info.Mode().IsRegular():
		in.fail(hint.Errorf("", "%s: not a regular file", name))
	default:
		in.addFile(ctx, name)
	}
}

func (in *Reader) addFile(ctx context.Context, name string) {
	if in.again(filepath.Clean(name)) {
		return
	}
	data, err := lines.ReadFile(ctx, name, maxRuleBytes-1)
	switch {
	case err != nil && ctx.Err() != nil:
		in.fail(context.Cause(ctx))
	case err != nil:
		in.fail(hint.Errorf("", "%s: %w", name, hint.PathReason(err)))
	default:
		in.Add(engine.Source{Name: name, Data: data})
	}
}

// addStdin reads stdin.
func (in *Reader) addStdin(ctx context.Context) {
	if in.again("-") {
		return
	}
	data, err := lines.ReadAll(ctx, in.Stdin, maxRuleBytes-1)
	switch {
	case err != nil && ctx.Err() != nil:
		in.fail(context.Cause(ctx))
	case err != nil:
		in.fail(fmt.Errorf("stdin: %w", hint.PathReason(err)))
	default:
		in.Add(engine.Source{Name: in.nameOfStdin(), Data: data})
	}
}

func (in *Reader) nameOfStdin() string {
	if in.StdinName == "" {
		return unnamedStdin
	}
	return in.StdinName
}

// Paths returns the rule files that names stand for, whether or not they can be
// read: files, directories, globs. A glob is among them itself, since a file may
// be called so.
func Paths(names ...string) []string {
	var paths []string
	for _, name := range names {
		entries, err := os.ReadDir(name)
		if err != nil {
			matches, _ := lines.Glob(name)
			paths = append(append(paths, name), matches...)
			continue
		}
		for _, e := range entries {
			if store.IsRuleFile(e.Name()) {
				paths = append(paths, filepath.Join(name, e.Name()))
			}
		}
	}
	return paths
}
