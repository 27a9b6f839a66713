// Package internal_test holds the program's shape: which package may import
// which (DESIGN.md, section 1), and what every package owes its reader.
package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	aggregate = "internal/ingest/aggregate"
	attack    = "internal/attack"
	corpus    = "internal/corpus"
	edit      = "internal/edit"
	engine    = "internal/engine"
	event     = "internal/event"
	escape    = "internal/escape"
	glob      = "internal/engine/glob"
	hint      = "internal/hint"
	ingest    = "internal/ingest"
	linesPkg  = "internal/lines"
	matrixPkg = "internal/matrix"
	ordered   = "internal/ordered"
	prefilter = "internal/engine/prefilter"
	program   = "internal/engine/program"
	lifters   = "internal/lifters"
	report    = "internal/report"
	shell     = "internal/engine/shell"
	state     = "internal/state"
	store     = "internal/store"
	web       = "internal/engine/web"
	storetest = "internal/store/storetest"
)

// arrows are the imports that a package may have within this module. A new
// row, or a new arrow in one, is a decision and not an accident.
var arrows = map[string][]string{
	attack:                     {edit},
	"internal/attack/gen":      {attack},
	edit:                       {},
	escape:                     {},
	hint:                       {},
	glob:                       {},
	prefilter:                  {},
	program:                    {shell},
	program + "/harvest":       {},
	shell:                      {},
	web:                        {},
	event:                      {},
	engine:                     {event, attack, glob, prefilter, program, shell, web, edit, state}, // state: what sequences remember
	lifters:                    {"internal/defaults", event, engine, attack},
	state:                      {},
	"internal/defaults":        {},
	aggregate:                  {"internal/defaults", event, state},
	linesPkg:                   {event},
	ingest:                     {event, shell, linesPkg, aggregate, state, ordered},
	store:                      {edit, event, engine, hint},
	storetest:                  {event, engine, store},
	"internal/store/rulesdir":  {engine, hint, store},
	"internal/store/sqlite":    {event, engine, store},
	report:                     {event, attack, escape},
	"internal/report/accounts": {engine, event, ingest, report},
	"internal/report/findings": {engine, report, escape},                                                                 // apart from report, which knows tags and no compiler
	"internal/report/explain":  {attack, engine, escape, event, hint, ingest, lifters, linesPkg, program, report, shell}, // ingest: an event is read as tag reads it
	"internal/report/labeller": {corpus, engine, escape, report},
	"internal/report/programs": {program, report},
	"internal/report/stored":   {attack, event, report, store},
	"internal/report/scores":   {corpus, report},
	"internal/report/coverage": {attack, corpus, engine, event, matrixPkg, report},
	"internal/report/pages":    {attack, corpus, engine, matrixPkg},
	// The generator is wiring of its own: pages are of the pack as it is shipped.
	"internal/report/pages/gen": {attack, corpus, engine, lifters, linesPkg, matrixPkg, "internal/report/pages", "rules", "testdata/corpus"},
	corpus:                      {event, linesPkg, engine, attack, ordered},
	ordered:                     {},
	matrixPkg:                   {attack, engine, event}, // which rules tag what: apart from report, which knows tags and no rules
	"internal/worker":           {event, engine, ingest, store},
	"internal/licenses":         {},
	"rules":                     {},
	"testdata/corpus":           {},
}

// wiring is the one package that sees every other.
const wiring = "cmd/ttpctl"

// A pkg is a directory of Go files, tests left out.
type pkg struct {
	imports  []string // of this module, without its name
	foreign  []string // of other modules and the standard library
	comments []string // the files that have a package comment
	inits    []string // positions of func init
}

// readPackages parses the non-test files below root.
func readPackages(t *testing.T, root string) map[string]*pkg {
	t.Helper()
	fset := token.NewFileSet()
	pkgs := map[string]*pkg{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := d.Name(); d.IsDir() && name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(rel)
		if pkgs[dir] == nil {
			pkgs[dir] = &pkg{}
		}
		pkgs[dir].add(fset, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

func (p *pkg) add(fset *token.FileSet, f *ast.File) {
	if f.Doc != nil {
		p.comments = append(p.comments, path.Base(fset.Position(f.Pos()).Filename))
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if rest, ours := strings.CutPrefix(name, "ttpctl/"); err == nil && ours && !slices.Contains(p.imports, rest) {
			p.imports = append(p.imports, rest)
		} else if err == nil && !ours {
			p.foreign = append(p.foreign, name)
		}
	}
	for _, decl := range f.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			p.inits = append(p.inits, fset.Position(fn.Pos()).String())
		}
	}
}

func TestImports(t *testing.T) {
	for dir, p := range readPackages(t, "..") {
		if dir == wiring {
			continue
		}
		allowed, known := arrows[dir]
		if !known {
			t.Errorf("package %s is not in the table of arrows", dir)
		}
		for _, imported := range p.imports {
			if !slices.Contains(allowed, imported) {
				t.Errorf("package %s imports %s, want only %v", dir, imported, allowed)
			}
		}
	}
}

// One package knows SQL: a second database gets one of its own beside it.
func TestSQLStaysInside(t *testing.T) {
	for dir, p := range readPackages(t, "..") {
		for _, imported := range p.foreign {
			if dir != "internal/store/sqlite" && (imported == "database/sql" || strings.HasPrefix(imported, "modernc.org/sqlite")) {
				t.Errorf("package %s imports %s, which only internal/store/sqlite may", dir, imported)
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	for dir, p := range readPackages(t, "..") {
		if len(p.comments) != 1 {
			t.Errorf("package %s has package comments in %v, want one", dir, p.comments)
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, p := range readPackages(t, "..") {
		for _, at := range p.inits {
			t.Errorf("%s: func init, want a constructor", at)
		}
	}
}

// TestArchitectureNames holds docs/architecture.md to files that exist.
func TestArchitectureNames(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	err = filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		files = append(files, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9_./-]*/)?([a-z0-9_]+\\.(?:go|yaml))`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Fatalf("docs/architecture.md names %d files, want the ones that an event and a rule pass", len(named))
	}
	for _, m := range named {
		want := "/" + m[1] + m[2]
		if !slices.ContainsFunc(files, func(f string) bool { return strings.HasSuffix(f, want) }) {
			t.Errorf("docs/architecture.md names %s, which is no file", m[1]+m[2])
		}
	}
}
