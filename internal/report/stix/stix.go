// Package stix writes tags as a bundle of STIX 2.1
// (docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html).
//
// A bundle says: this honeypot (identity) saw these techniques (sighting of an
// attack-pattern, one for each technique, attacker and session), in what was
// observed there (observed-data with addresses, URLs, files and command lines), from
// and with these machines (infrastructure), which can be looked for elsewhere
// (indicator). Tags are gathered by package cases, whose limits hold here too; the
// bundle is then written object by object.
//
// Invariants: the same tags in the same order give the same bytes. Every id is a
// UUIDv5: of observables in the name space of the specification and from the
// properties that it names, of all else in one of ours. No reference leads out of
// the bundle. Nothing is newer than the tags.
//
// For example:
//
//	w := stix.New(os.Stdout, stix.Options{Catalogue: attack.Load(), Producer: "hive", TLP: "amber"})
//	err := w.Write(tags)
//	err = w.Close()
package stix

import (
	"io"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/cases"
)

// version is of the specification.
const version = "2.1"

// Options are what a bundle needs to know.
type Options struct {
	Catalogue *attack.Catalogue
	Producer  string // who runs the honeypot
	TLP       string // clear, green, amber, amber+strict, red; "" = not marked
}

// A Writer writes one bundle. It belongs to one goroutine.
type Writer struct {
	w   io.Writer
	o   Options
	set *cases.Set
}

// New returns a writer of a bundle to w, which is written to by Close alone.
func New(w io.Writer, o Options) *Writer {
	return &Writer{w: w, o: o, set: cases.New(cases.DefaultLimits())}
}

// Write gathers tags. It keeps nothing of them.
func (w *Writer) Write(tags []event.Tag) error {
	w.set.Add(tags)
	return nil
}

// Close writes the bundle. It does not close what lies beneath.
func (w *Writer) Close() error { return newBundle(w.w, w.o).write(w.set) }
