package main

import (
	"ttpctl/internal/lines"
	"ttpctl/internal/outfile"
	"ttpctl/internal/store/databases"
)

// guard refuses an output that is one of the files called reads, - being stdin,
// or one that every command reads, and two outputs to one file.
func (s *streams) guard(list []output, reads ...string) error {
	return s.guardBy(list, func() []string { return reads })
}

// guardInputs is guard for telemetry, which may be named by directories and
// globs, and other files.
func (s *streams) guardInputs(list []output, paths []string, others ...string) error {
	return s.guardBy(list, func() []string {
		inputs, _, err := lines.List(paths)
		if err != nil {
			others = append(others, paths...) // whoever reads them says what is wrong
		}
		for i := range inputs {
			others = append(others, inputs[i].Name)
		}
		return others
	})
}

func (s *streams) guardBy(list []output, reads func() []string) error {
	targets := make([]outfile.Target, len(list))
	for i, o := range list {
		targets[i] = outfile.Target{Format: o.format, Path: o.path}
	}
	return outfile.Guard{Stdin: s.in, Stdout: s.out.Writer}.Check(targets, func() []string {
		names := reads()
		if s.reads != nil {
			names = append(names, s.reads()...)
		}
		return names
	})
}

// globalReads returns the files that every command may read: config, database,
// rules.
func (a *app) globalReads() []string {
	reads := a.globals.rules.Files()
	if config := a.globals.config; config != "" {
		reads = append(reads, config)
	} else if config := a.configPath(); config != "" {
		reads = append(reads, config)
	}
	// A place for a database that cannot be found is said by whoever needs it.
	if db, err := dbFile(a.globals.db, a.streams); err == nil {
		reads = append(reads, databases.Files(db)...)
	}
	return reads
}
