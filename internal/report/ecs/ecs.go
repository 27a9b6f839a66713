// Package ecs writes tags as documents of the Elastic Common Schema
// (www.elastic.co/guide/en/ecs), one a line: the form that Elasticsearch, OpenSearch
// and Filebeat take.
//
// A tag is one alert: threat.* says which technique, rule.* by which rule, source.*
// and related.* who, observer.* which decoy, and process.*, url.*, file.* and user.*
// what of the evidence has a field there. What has none stands under ttpctl.*, which
// ECS leaves to us.
//
// Invariants: a line a tag, in their order, and nothing is kept; every member is one
// of the schema, of its type, or under ttpctl; texts are masked and bounded as
// package traces has it. A tag without a time has no @timestamp: there is no clock
// here, and an ingest pipeline may set one.
//
//	w := ecs.New(os.Stdout, ecs.Options{Catalogue: attack.Load(), Producer: "hive"})
//	err := w.Write(tags)
package ecs

import (
	"io"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/traces"
)

// version is of the schema; no field that is written is younger.
const version = "8.17.0"

// Options are what the documents need to know.
type Options struct {
	Catalogue *attack.Catalogue
	Version   string // of this program
	Producer  string // who runs the honeypot
}

// A Writer writes documents. It belongs to one goroutine.
type Writer struct {
	w      io.Writer
	o      Options
	buf    []byte
	emits  map[emit]*words
	begin  []byte // of every document, up to the id
	middle []byte // of the observer, up to its name
	owner  []byte // organization, if there is one

	reader traces.Reader
	shown  []byte // the evidence read last
	traces traces.Traces
	fields []byte // of the traces, as a document has them
}

// New returns a writer of documents to w.
func New(w io.Writer, o Options) *Writer {
	x := &Writer{
		w: w, o: o, emits: map[emit]*words{},
		begin: []byte(`"ecs":{"version":"` + version + `"},"event":{"id":"`),
	}
	x.middle = append(x.middle, `,"observer":{"type":"honeypot","vendor":"ttpctl","product":"ttpctl"`...)
	x.middle = optional(x.middle, `,"version":`, o.Version)
	if name := traces.Text(o.Producer); name != "" {
		x.owner = append(event.AppendQuoted([]byte(`,"organization":{"name":`), name), '}')
	}
	return x
}

// Close has nothing to write.
func (w *Writer) Close() error { return nil }

// chunk is how many bytes gather before they are handed on.
const chunk = 64 << 10

// Write writes the next batch of tags. It keeps nothing of them.
func (w *Writer) Write(tags []event.Tag) error {
	w.buf = w.buf[:0]
	for i := range tags {
		w.buf = append(w.append(w.buf, &tags[i]), '\n')
		if len(w.buf) >= chunk {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	w.shown = nil // the bytes may be another evidence in the next batch
	return w.flush()
}

func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// read has the traces of the evidence of t. The tags of one hit share it.
func (w *Writer) read(t *event.Tag) {
	e := t.Evidence
	if len(e) == 0 || len(e) != len(w.shown) || &e[0] != &w.shown[0] {
		w.shown, w.traces = e, w.reader.Read(e)
		w.fields = appendTraces(w.fields[:0], &w.traces)
	}
}
