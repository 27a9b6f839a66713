// Package internal_test holds the program's shape: which package may import
// which (DESIGN.md, section 1), and what every package owes its reader.
package internal_test

import (
	"bytes"
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
	api       = "internal/api"
	aggregate = "internal/ingest/aggregate"
	attack    = "internal/attack"
	corpus    = "internal/corpus"
	edit      = "internal/edit"
	engine    = "internal/engine"
	event     = "internal/event"
	escape    = "internal/escape"
	dfaPkg    = "internal/engine/dfa"
	glob      = "internal/engine/glob"
	hint      = "internal/hint"
	jetstream = "internal/jetstream"
	ingest    = "internal/ingest"
	linesPkg  = "internal/lines"
	live      = "internal/live"
	matrixPkg = "internal/matrix"
	ordered   = "internal/ordered"
	packed    = "internal/packed"
	prefilter = "internal/engine/prefilter"
	program   = "internal/engine/program"
	lifters   = "internal/lifters"
	report    = "internal/report"
	shell     = "internal/engine/shell"
	spool     = "internal/spool"
	sorting   = "internal/sorting"
	sqldb     = "internal/store/sqldb"
	state     = "internal/state"
	store     = "internal/store"
	web       = "internal/engine/web"
	storetest = "internal/store/storetest"
)

// arrows are the imports that a package may have within this module. A new
// row, or a new arrow in one, is a decision and not an accident.
var arrows = map[string][]string{
	api:                        {"internal/bus", attack, edit, engine, event, hint, linesPkg, live, "internal/moment", "internal/report/html", spool, store, "internal/trace", sorting}, // spool: what an entry is, and whether it is full; html: what browsers get
	live:                       {attack, corpus, engine, event, report, "internal/report/dossier", "internal/report/html", "internal/secrets", store},
	attack:                     {edit, sorting},
	"internal/attack/gen":      {attack},
	edit:                       {},
	escape:                     {},
	hint:                       {edit},
	"internal/settings":        {hint},
	"internal/report/wanted":   {attack, edit, engine, event, hint, "internal/moment"},
	dfaPkg:                     {},
	glob:                       {},
	prefilter:                  {},
	program:                    {shell, sorting},
	program + "/harvest":       {},
	shell:                      {},
	web:                        {},
	event:                      {},
	engine:                     {event, attack, dfaPkg, glob, prefilter, program, "internal/secrets", shell, web, edit, state, sorting}, // state: what sequences remember
	lifters:                    {"internal/defaults", event, engine, attack},
	sorting:                    {},
	state:                      {},
	"internal/defaults":        {},
	"internal/moment":          {},
	"internal/trace":           {},
	aggregate:                  {"internal/defaults", event, state},
	linesPkg:                   {event, hint, sorting},
	spool:                      {linesPkg},
	ingest:                     {event, hint, shell, linesPkg, aggregate, state, ordered, sorting},
	store:                      {edit, event, engine, hint, sorting},
	jetstream:                  {"internal/bus", hint, linesPkg, state, sorting},                          // state: the numbers that a partition has seen
	"internal/publish":         {"internal/bus", escape, event, hint, jetstream, linesPkg, report, store}, // report: CSV as tag writes it; lines: a write that nobody takes is waited for
	storetest:                  {event, engine, store, sqldb, "internal/rounds"},
	"internal/store/rulesdir":  {engine, hint, linesPkg, store, sorting}, // lines: globs, and reads that an interrupt ends
	sqldb:                      {engine, event, hint, store, sorting},
	"internal/store/sqlite":    {event, store, sqldb},
	"internal/store/mysql":     {hint, store, sqldb},
	"internal/store/postgres":  {hint, store, sqldb},
	"internal/store/databases": {event, hint, store, "internal/store/mysql", "internal/store/postgres", sqldb, "internal/store/sqlite"},
	report:                     {event, attack, escape, sorting, "internal/report/ecs", "internal/report/misp", "internal/report/stix"},
	"internal/report/traces":   {event, escape, "internal/secrets"},
	"internal/report/cases":    {event, "internal/report/traces"},
	"internal/report/ecs":      {attack, event, "internal/report/traces"},
	"internal/report/misp":     {attack, event, "internal/report/cases", "internal/report/traces"},
	"internal/report/stix":     {attack, event, "internal/report/cases", "internal/report/traces"},
	"internal/report/accounts": {engine, event, ingest, report, "internal/worker"},
	"internal/report/groups":   {attack, report, sorting},
	"internal/report/costs":    {engine, report, sorting},                                                                // what an engine counts when it is asked to
	"internal/report/findings": {engine, report, escape},                                                                 // apart from report, which knows tags and no compiler
	"internal/report/explain":  {attack, engine, escape, event, hint, ingest, lifters, linesPkg, program, report, shell}, // ingest: an event is read as tag reads it
	"internal/report/live":     {attack, escape, event, report},
	"internal/report/labeller": {corpus, engine, escape, report},
	"internal/report/programs": {hint, program, report},
	"internal/report/dossier":  {attack, corpus, event, linesPkg, matrixPkg, program, report, "internal/report/sessions", "internal/secrets", shell, sorting, store}, // what a report says, whatever writes it
	"internal/report/html":     {corpus, escape, event, report, "internal/report/dossier", "internal/report/sessions", sorting},
	"internal/browsertest":     {},                                                                                       // for tests alone
	"internal/report/sessions": {attack, engine, escape, event, hint, program, report, "internal/secrets", shell, store}, // store: what is kept of sessions
	"internal/report/stored":   {attack, escape, event, report, store, sorting},
	"internal/report/fleets":   {escape, report, store},
	"internal/report/scores":   {corpus, report},
	"internal/report/states":   {attack, escape, event, hint, "internal/moment", report, store}, // rules as operators see them: their definitions and states both come from a store
	"internal/report/coverage": {attack, corpus, engine, event, matrixPkg, report, sorting},
	"internal/report/pages":    {attack, corpus, engine, matrixPkg},
	// The generator is wiring of its own: pages are of the pack as it is shipped.
	"internal/report/pages/gen":  {attack, corpus, engine, lifters, linesPkg, matrixPkg, "internal/report/pages", "rules", "testdata/corpus"},
	"internal/manpage":           {hint},
	"internal/terminal":          {escape},
	corpus:                       {event, linesPkg, engine, attack, ordered, hint, sorting}, // hint: what to try when a corpus is not found
	ordered:                      {},
	"internal/secrets":           {},
	"internal/collector":         {},
	"internal/outfile":           {hint},
	"internal/metrics":           {event, ingest},
	matrixPkg:                    {attack, engine, event}, // which rules tag what: apart from report, which knows tags and no rules
	"internal/worker":            {event, engine, ingest, linesPkg, state, store, "internal/trace", sorting},
	"internal/vitals":            {"internal/bus", api, engine, escape, event, ingest, jetstream, linesPkg, "internal/metrics", "internal/outfile", "internal/publish", store, "internal/worker", "internal/fleet"}, // what serve tells of itself: it listens to all who work
	"internal/fleet":             {store},
	"internal/carry":             {jetstream, linesPkg, "internal/publish", store, "internal/vitals", "internal/worker"}, // what serve does over NATS
	"internal/worker/workertest": {},
	"internal/rounds":            {"internal/collector"},                                                                      // for tests alone
	"internal/bench":             {engine, event, hint, ingest, linesPkg, report, "internal/report/costs", "internal/worker"}, // it runs what tag runs
	"internal/bus":               {},
	"internal/licenses":          {packed},
	packed:                       {},
	packed + "/gen":              {packed},
	"rules":                      {packed},
	"rules/gen":                  {attack, engine, lifters, packed},
	"testdata/corpus":            {packed},
	"benchmarks/peers":           {"internal/bench", "testdata/corpus"}, // command lines to draw from; it knows the program as users do
	"benchmarks/traffic":         {},
	"benchmarks/fleet":           {"benchmarks/traffic", "internal/worker/workertest"},
	"benchmarks/fleet/campaign":  {"benchmarks/traffic", "internal/fleet", jetstream, linesPkg, store, "internal/store/databases", "internal/worker/workertest"}, // it asks the servers what came of it
	"benchmarks/soak":            {jetstream},                                                                                                                    // events straight to partitions
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

// readPackages parses the non-test files below root that are of this module.
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
		if _, err := os.Stat(filepath.Join(name, "go.mod")); d.IsDir() && name != root && err == nil {
			return filepath.SkipDir // a module of its own
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
	pkgs := readPackages(t, "..")
	for dir, p := range pkgs {
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
	for dir, allowed := range arrows {
		if pkgs[dir] == nil {
			t.Errorf("the table of arrows has a row for %s, which is no package", dir)
			continue
		}
		for _, imported := range allowed {
			if !slices.Contains(pkgs[dir].imports, imported) {
				t.Errorf("package %s does not import %s: remove the arrow", dir, imported)
			}
		}
	}
}

// TestRows holds the table of docs/architecture.md to the imports: each package is in
// one row, which imports only itself and rows below it.
func TestRows(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	pkgs := readPackages(t, "..")
	rowOf := map[string]int{}
	for i, m := range regexp.MustCompile("(?m)^\\| (`.*?) \\| (.*) \\|$").FindAllStringSubmatch(string(page), -1) {
		for dir := range packagesOf(t, pkgs, m[1], m[2]) {
			if at, twice := rowOf[dir]; twice {
				t.Errorf("docs/architecture.md has package %s in rows %d and %d", dir, at+1, i+1)
			}
			rowOf[dir] = i
		}
	}
	for dir, p := range pkgs {
		row, ok := rowOf[dir]
		if !ok {
			t.Errorf("docs/architecture.md has no row for package %s", dir)
			continue
		}
		for _, imported := range p.imports {
			if rowOf[imported] < row {
				t.Errorf("package %s, row %d, imports %s, which is above it in row %d", dir, row+1, imported, rowOf[imported]+1)
			}
		}
	}
}

// packagesOf returns the packages of a row: what its first column names, with or
// without internal/, and what its second names by its path below the first of these.
func packagesOf(t *testing.T, pkgs map[string]*pkg, column, text string) map[string]bool {
	words := func(s string) (found []string) {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(s, -1) {
			found = append(found, m[1])
		}
		return found
	}
	named := words(column)
	of := map[string]bool{}
	for _, name := range named {
		if pkgs[name] == nil {
			name = "internal/" + name
		}
		if pkgs[name] == nil {
			t.Errorf("docs/architecture.md has a row for %s, which is no package", name)
		}
		of[name] = true
	}
	for _, name := range words(text) {
		if dir := named[0] + "/" + name; pkgs[dir] != nil {
			of[dir] = true
		}
	}
	return of
}

// The packages of databases know SQL, and nobody else does: of each driver, the
// one package that is for it.
func TestSQLStaysInside(t *testing.T) {
	mayImport := map[string][]string{
		"database/sql":                   {sqldb, "internal/store/sqlite", "internal/store/mysql", "internal/store/postgres"},
		"modernc.org/sqlite":             {"internal/store/sqlite"},
		"github.com/jackc/pgx":           {"internal/store/postgres"},
		"github.com/go-sql-driver/mysql": {"internal/store/mysql"},
	}
	for dir, p := range readPackages(t, "..") {
		for _, imported := range p.foreign {
			for driver, allowed := range mayImport {
				if strings.HasPrefix(imported, driver) && !slices.Contains(allowed, dir) {
					t.Errorf("package %s imports %s, which only %v may", dir, imported, allowed)
				}
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

// TestCommandsAreThin: cmd is flags, wiring and exit codes. What is more belongs into a
// room below.
func TestCommandsAreThin(t *testing.T) {
	files, err := filepath.Glob("../cmd/ttpctl/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files of cmd/ttpctl", err)
	}
	const most = 8000
	n := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(text, []byte("\n"))
	}
	if n > most {
		t.Errorf("cmd/ttpctl has %d lines without its tests, want at most %d", n, most)
	}
}
