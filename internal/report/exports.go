package report

import (
	"io"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report/ecs"
	"ttpctl/internal/report/misp"
	"ttpctl/internal/report/stix"
)

// An exporter writes the format of somebody else's tool, and knows no account.
type exporter interface {
	Write(tags []event.Tag) error
	Close() error
}

// exported makes a Writer of an exporter.
type exported struct{ exporter }

func (e exported) Finish(*Account) error { return e.Close() }

func newStixWriter(w io.Writer, o Options) Writer {
	return exported{stix.New(w, stix.Options{Catalogue: o.Catalogue, Producer: o.Export.Producer, TLP: o.Export.TLP})}
}

func newMispWriter(w io.Writer, o Options) Writer {
	return exported{misp.New(w, misp.Options{Catalogue: o.Catalogue, Producer: o.Export.Producer, TLP: o.Export.TLP})}
}

func newECSWriter(w io.Writer, o Options) Writer {
	return exported{ecs.New(w, ecs.Options{Catalogue: o.Catalogue, Version: o.Meta.ToolVersion, Producer: o.Export.Producer})}
}

// layerWriter writes nothing until the end, then a layer of one domain.
type layerWriter struct {
	w       io.Writer
	o       Options
	summary *Summary
}

func newLayerWriter(w io.Writer, o Options) Writer {
	return &layerWriter{w: w, o: o, summary: NewSummary(o.Catalogue)}
}

func (l *layerWriter) Write(tags []event.Tag) error {
	l.summary.Add(tags)
	return nil
}

func (l *layerWriter) Finish(*Account) error {
	_, err := l.w.Write(Navigator("ttpctl", attack.Domain(l.o.Export.Domain), l.o.Catalogue, l.summary.Techniques()))
	return err
}
