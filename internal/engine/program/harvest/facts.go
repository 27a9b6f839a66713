package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// A page is one manual page of a package.
type page struct{ pkg, version, file string }

// readPages reads the list of pages: package, version, page below usr/share/man, and the page that it is a link to, parted by tabs.
func readPages(name string) (map[string]page, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := make(map[string]page)
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		cols := append(strings.Split(sc.Text(), "\t"), "", "", "")
		p := page{cols[0], cols[1], cols[2]}
		if to := cols[3]; to != "" && !strings.HasPrefix(to, "/") {
			p.file = path.Join(path.Dir(p.file), to)
		}
		title := strings.TrimSuffix(path.Base(cols[2]), ".gz")
		section := path.Ext(title)
		title = strings.TrimSuffix(title, section)
		if old, ok := all[title]; !ok || section < path.Ext(strings.TrimSuffix(old.file, ".gz")) {
			all[title] = p
		}
	}
	return all, sc.Err()
}

// writeFacts writes the options of one source: names joined by commas where they are one option, then = or [=] and the placeholder.
func writeFacts(w io.Writer, name, source string, options []option) {
	if len(options) == 0 {
		return
	}
	fmt.Fprintf(w, "%s # %s\n", name, source)
	col := 0
	for _, o := range options {
		word := o.String()
		if col > 0 && col+len(word) > 150 {
			fmt.Fprintln(w)
			col = 0
		}
		n, _ := fmt.Fprintf(w, " %s", word)
		col += n
	}
	fmt.Fprintln(w)
}

func (o option) String() string {
	switch o.arity {
	case required:
		return strings.Join(o.names, ",") + "=" + o.value
	case optional:
		return strings.Join(o.names, ",") + "[=" + o.value + "]"
	}
	return strings.Join(o.names, ",")
}

// merge adds more to all; the description that came first counts.
func merge(all, more []option) []option {
	for _, o := range more {
		o.names = slices.DeleteFunc(slices.Clone(o.names), func(n string) bool {
			return slices.ContainsFunc(all, func(a option) bool { return slices.Contains(a.names, n) })
		})
		if len(o.names) > 0 {
			all = append(all, o)
		}
	}
	return all
}
