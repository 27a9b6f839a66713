package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"ttpctl/internal/lines"
	"ttpctl/internal/store"
)

// guard refuses, before anything is read, an output that is one of the files
// that the run reads, whatever it is called: a link, a hard link, another case,
// /dev/fd/N, the file that stdout was redirected to. reads are the names of
// files, - is stdin; what every command reads need not be named. It also
// refuses two outputs to one file, which stdout may go to.
func (s *streams) guard(list []output, reads ...string) error {
	for i, o := range list {
		for _, other := range list[:i] {
			if lines.SamePlace(other.path, o.path) {
				return bothGo(other, o)
			}
		}
		info := s.existing(o)
		if info == nil {
			continue
		}
		if s.reads != nil {
			reads = append(reads, s.reads()...)
		}
		for _, name := range reads {
			if in := s.statInput(name); in != nil && os.SameFile(info, in) {
				return cannotRun("write to another file: -o "+o.format+"=FILE", "output %s: it is the input %s", o.where(), name)
			}
		}
		if other := s.twice(o, info, list); other != nil {
			return bothGo(*other, o)
		}
	}
	return nil
}

func bothGo(a, b output) error {
	return cannotRun("write one of them to another file: -o "+b.format+"=FILE", "%s and %s both go to %s", a.format, b.format, b.where())
}

// guardInputs is guard for telemetry, which may be named by directories and
// globs, and other files.
func (s *streams) guardInputs(list []output, paths []string, others ...string) error {
	if !slices.ContainsFunc(list, func(o output) bool { return s.existing(o) != nil }) {
		return nil
	}
	inputs, _, err := lines.List(paths)
	if err != nil {
		others = append(others, paths...) // whoever reads them says what is wrong
	}
	for i := range inputs {
		others = append(others, inputs[i].Name)
	}
	return s.guard(list, others...)
}

// existing returns the file that o would replace, nil when there is none, or
// one that may be read and written at once, such as a terminal.
func (s *streams) existing(o output) fs.FileInfo {
	info := s.statOutput(o)
	if info == nil || info.Mode()&fs.ModeDevice != 0 {
		return nil
	}
	return info
}

// twice returns the output of list to stdout when o is a file that stdout goes
// to.
func (s *streams) twice(o output, info fs.FileInfo, list []output) *output {
	for i := range list {
		if list[i].path != "" || o.path == "" {
			continue
		}
		if out := statOf(s.out.Writer); out != nil && os.SameFile(info, out) {
			return &list[i]
		}
	}
	return nil
}

// statOutput returns what o writes to, nil when it does not exist.
func (s *streams) statOutput(o output) fs.FileInfo {
	if o.path == "" {
		return statOf(s.out.Writer)
	}
	info, err := os.Stat(o.path)
	if err != nil {
		return nil
	}
	return info
}

// statInput returns the file called name, nil when there is none.
func (s *streams) statInput(name string) fs.FileInfo {
	if name == "-" {
		return statOf(s.in)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil
	}
	return info
}

// statOf returns the file behind a stream, nil when there is none.
func statOf(stream any) fs.FileInfo {
	f, ok := stream.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}

// globalReads returns the files that every command may read: config, database,
// rules.
func (a *app) globalReads() []string {
	reads := rulePaths(a.globals.rules...)
	if config := a.globals.config; config != "" {
		reads = append(reads, config)
	} else if config := a.configPath(); config != "" {
		reads = append(reads, config)
	}
	// A place for a database that cannot be found is said by whoever needs it.
	if db, err := dbFile(a.globals.db, a.streams); err == nil && db != "" {
		reads = append(reads, db, db+"-wal", db+"-shm")
	}
	return reads
}

// rulePaths returns the rule files that names mean: files, directories, globs.
func rulePaths(names ...string) []string {
	var paths []string
	for _, name := range names {
		if name == packLayer {
			continue
		}
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
