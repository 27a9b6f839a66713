// Gen writes catalogue.txt, the compact form of the ATT&CK tables that package attack
// embeds, and beside it the licence the tables came with. It keeps the facts the
// product needs and checks while it writes everything the compact form leaves out or
// relies on: a technique's parent and page follow from its id, ids are unique in a
// domain, every reference has its target. Beside the tables lies stix.tsv: the ids of
// MITRE's own STIX objects, which the tables do not have. They are facts of MITRE's
// (github.com/mitre-attack/attack-stix-data), taken from where others quote them: those
// up to release 15 from center-for-threat-informed-defense/attack-flow (the intel
// configuration of its builder), later ones from collections of notes on single
// techniques. Techniques whose id was not found are not in it. What Gen writes depends on nothing but the
// tables, so a test can tell whether the embedded file is stale.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

const (
	catalogueFile = "catalogue.txt"
	subjectsFile  = "subjects.txt"
	licenseFile   = "LICENSE.txt"
	// attackRelease is not in the tables; it changes together with them.
	attackRelease = "19.1"
)

// stixIDs is a table of techniques in use and the UUIDs of MITRE's attack-patterns.
//
//go:embed stix.tsv
var stixIDs string

func main() {
	data := flag.String("data", "../../../shared/data/attack", "`directory` of the ATT&CK tables")
	out := flag.String("out", ".", "`directory` to write to")
	flag.Parse()
	if err := run(*data, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(data, out string) error {
	files, err := compile(data)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(out, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compile returns the files made from the tables in dir, by name.
func compile(dir string) (map[string][]byte, error) {
	t, err := readTables(dir)
	if err != nil {
		return nil, err
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return map[string][]byte{catalogueFile: t.encode(), subjectsFile: t.encodeSubjects(), licenseFile: t.license}, nil
}
