package report

import (
	"encoding/json"
	"io"

	"ttpctl/internal/event"
)

// TagSchema names the JSON document of the tag command.
const TagSchema = "ttpctl.tag/v1"

// documentWriter writes one JSON document, a tag a line, and holds none of
// them.
type documentWriter struct {
	w     io.Writer
	meta  Meta
	buf   []byte
	begun bool // the head is written
	some  bool // a tag is written
}

func newDocumentWriter(w io.Writer, o Options) Writer {
	return &documentWriter{w: w, meta: o.Meta}
}

func (d *documentWriter) Write(tags []event.Tag) error {
	if err := d.begin(); err != nil {
		return err
	}
	for i := range tags {
		if d.some {
			d.buf = append(d.buf, ',')
		}
		d.some = true
		d.buf = tags[i].AppendJSON(append(d.buf, '\n'))
		if len(d.buf) >= chunk {
			if err := d.flush(); err != nil {
				return err
			}
		}
	}
	return d.flush()
}

func (d *documentWriter) Finish(acc *Account) error {
	if err := d.begin(); err != nil {
		return err
	}
	e := Envelope{Schema: TagSchema, Meta: d.meta, Summary: json.RawMessage(acc.JSON())}
	if acc != nil {
		for _, message := range acc.Errors {
			e.Problems = append(e.Problems, Problem{Message: message})
		}
	}
	_, tail, err := e.Around("")
	if err != nil {
		return err
	}
	d.buf = append(append(d.buf, "\n]"...), tail...)
	return d.flush()
}

func (d *documentWriter) begin() error {
	if d.begun {
		return nil
	}
	e := Envelope{Schema: TagSchema, Meta: d.meta}
	head, _, err := e.Around("")
	d.buf = append(append(d.buf, head...), '[')
	d.begun = true
	return err
}

func (d *documentWriter) flush() error {
	_, err := d.w.Write(d.buf)
	d.buf = d.buf[:0]
	return err
}
