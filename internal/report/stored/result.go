package stored

import (
	"context"
	"io"
	"slices"

	"ttpctl/internal/report"
)

// LayerFormat is the format of a Navigator layer; all others are of rows.
const LayerFormat = "navigator"

// A Result is what a report was answered with, as far as formats need it.
type Result struct {
	layer []byte
	rows  *report.Rows // nil = not asked for
}

// Read reads what it takes to write the report in formats.
func (r *Report) Read(ctx context.Context, formats []string) (*Result, error) {
	var res Result
	var err error
	if slices.Contains(formats, LayerFormat) {
		if res.layer, err = r.Layer(ctx); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(formats, func(f string) bool { return f != LayerFormat }) {
		if res.rows, err = r.Rows(ctx); err != nil {
			return nil, err
		}
	}
	return &res, nil
}

// Empty reports whether there are rows, and none in them.
func (r *Result) Empty() bool { return r.rows != nil && r.rows.Table.Len() == 0 }

// Shown returns the result in the formats that it was read for.
func (r *Result) Shown(m report.Meta) *report.Result {
	shown := &report.Result{}
	if r.rows != nil {
		shown = r.rows.Result(m)
	}
	shown.Forms = map[string]func(io.Writer) error{LayerFormat: func(w io.Writer) error {
		_, err := w.Write(r.layer)
		return err
	}}
	return shown
}
