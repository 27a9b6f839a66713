package program

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed table/*.txt
var files embed.FS

// A Table is the program table. Immutable, safe for concurrent use; rows are compiled when they are first asked for.
type Table struct {
	rows  []*Row
	names lookup // numbers of rows
	class map[string][]*Row
	hosts map[string]HostClass
	menus map[string]bool // RouterOS menus, which are typed like programs in the root directory
}

// NewTable reads the heads of the embedded rows.
func NewTable() (*Table, error) {
	t := &Table{class: map[string][]*Row{}, rows: make([]*Row, 0, 2048)}
	var err error
	if t.hosts, err = hostClasses(hostList); err != nil {
		return nil, err
	}
	t.menus = routerMenus()
	names, err := fs.Glob(files, "table/*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if err := t.add(path.Base(name), string(text)); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// add reads one file of rows. A row begins with a line in the first column that is no comment.
func (t *Table) add(file, text string) error {
	var row *Row
	line := 1
	for text != "" {
		end := rowEnd(text)
		if c := text[0]; c != '#' && c != '\n' && c != ' ' && c != '\t' {
			head, body, _ := strings.Cut(text[:end], "\n")
			var err error
			if row, err = t.head(strings.TrimSpace(head)); err != nil {
				return fmt.Errorf("%s:%d: %w", file, line, err)
			}
			row.File, row.Line, row.text = file, line, body
		}
		lines := strings.Count(text[:end], "\n")
		if lines > 1 && (text[0] == '#' || text[0] == '\n') {
			return fmt.Errorf("%s:%d: indented lines behind a comment belong to no row", file, line)
		}
		line += lines
		text = text[end:]
	}
	return nil
}

// rowEnd returns where the next line begins that is not indented.
func rowEnd(text string) int {
	at := 0
	for {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			return len(text)
		}
		if at += n + 1; at == len(text) || text[at] != ' ' && text[at] != '\t' {
			return at
		}
	}
}

// head reads the first line of a row and enters it.
func (t *Table) head(line string) (*Row, error) {
	facts, source, _ := strings.Cut(line, "#")
	r := &Row{ID: len(t.rows), table: t, Source: strings.TrimSpace(source)}
	words := strings.Fields(facts)
	k := 1 + slices.IndexFunc(words[min(1, len(words)):], func(w string) bool { return slices.Contains(grammarNames[:], w) }) // find is a name and a grammar
	if k < 1 {
		return nil, fmt.Errorf("a row begins with names and a grammar, one of %s", strings.Join(grammarNames[:], ", "))
	}
	r.Name, r.Aliases = words[0], words[1:k]
	r.Grammar, _ = indexOf[Grammar](grammarNames[:], words[k])
	for _, w := range words[k+1:] {
		switch {
		case w == "versioned":
			r.Versioned = true
		case w == "partial":
			r.Partial = true
		case strings.HasPrefix(w, "@"):
			r.Classes = append(r.Classes, w)
		default:
			return nil, fmt.Errorf("%s: unknown word %q in the head of a row", r.Name, w)
		}
	}
	t.rows = append(t.rows, r)
	for _, name := range words[:k] {
		if t.named(name) != nil {
			return nil, fmt.Errorf("%s stands twice", name)
		}
		t.names.add(name, r.ID)
	}
	for _, c := range r.Classes {
		t.class[c] = append(t.class[c], r)
	}
	return r, nil
}

// Check compiles every row and returns what is wrong with the table.
func (t *Table) Check() error {
	var all []error
	for _, r := range t.rows {
		r.Form()
		all = append(all, r.err)
	}
	return errors.Join(all...)
}

// Rows returns all rows; not to be changed.
func (t *Table) Rows() []*Row { return t.rows }

// Lookup returns the row of a program by the base name of its path, or nil. Names may carry a version (python3.11, gcc-12) where the row allows
// one; every busybox-* is busybox.
func (t *Table) Lookup(name string) *Row {
	if r := t.named(name); r != nil {
		return r
	}
	if strings.HasPrefix(name, "busybox") {
		return t.named("busybox")
	}
	short := strings.TrimRight(name, "0123456789.")
	if len(short) == len(name) || short == "" {
		return nil
	}
	for _, n := range [...]string{short, strings.TrimSuffix(short, "-")} {
		if r := t.named(n); r != nil && r.Versioned {
			return r
		}
	}
	return nil
}

// named returns the row that has that very name, or nil.
func (t *Table) named(name string) *Row {
	if i, ok := t.names.get(name); ok {
		return t.rows[i]
	}
	return nil
}

// Class returns the rows of a class, named with its @; not to be changed.
func (t *Table) Class(name string) []*Row { return t.class[name] }

// Classes returns the names of all classes, sorted.
func (t *Table) Classes() []string { return slices.Sorted(maps.Keys(t.class)) }

// routerMenus are the top menus of MikroTik's RouterOS 7 (its command line reference): `/ip cloud print` runs no file /ip.
func routerMenus() map[string]bool {
	menus := map[string]bool{}
	for name := range strings.FieldsSeq("app caps-man certificate console container disk file interface iot ip ipv6 log mpls port ppp queue radius " +
		"routing rsync-daemon snmp special-login system task tool user user-manager wireless zerotier export import ping quit undo redo") {
		menus[name] = true
	}
	return menus
}

// globbed returns the row of a program whose path was typed with unquoted glob characters, `/bin/w?et`: the first in the order of the table that the
// pattern fits. The directory has to be able to be one of programs.
func (t *Table) globbed(name, dir string) *Row {
	if len(dir) <= len(name) || strings.Trim(name, "*?") == "" {
		return nil
	}
	dir = dir[:len(dir)-len(name)-1]
	if !slices.ContainsFunc([]string{"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"}, func(d string) bool {
		ok, err := path.Match(dir, d)
		return ok && err == nil
	}) {
		return nil
	}
	for _, r := range t.rows {
		for _, n := range append([]string{r.Name}, r.Aliases...) {
			if ok, err := path.Match(name, n); ok && err == nil {
				return r
			}
		}
	}
	return nil
}
