package report

import (
	"io"

	"ttpctl/internal/engine"
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

func (d *documentWriter) Write(tags []engine.Tag) error {
	d.begin()
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
	d.begin()
	d.buf = append(d.buf, "\n]"...)
	var errs []string
	if acc != nil {
		errs = acc.Errors
	}
	d.buf = appendFoot(d.buf, acc.JSON(), errs)
	return d.flush()
}

func (d *documentWriter) begin() {
	if !d.begun {
		d.buf = append(appendHead(d.buf, TagSchema, d.meta), '[')
		d.begun = true
	}
}

func (d *documentWriter) flush() error {
	_, err := d.w.Write(d.buf)
	d.buf = d.buf[:0]
	return err
}
