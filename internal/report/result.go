package report

import "io"

// A Result is what a verb found, in each form that it has: JSON, CSV, a text for
// people or parts, which are Markdown too, and forms that few others have.
type Result struct {
	Envelope
	CSV   func() Table
	Text  func(io.Writer, TextOptions) error // nil = Parts
	Parts []Part
	Forms map[string]func(io.Writer) error // by format
}

// Write writes r in one of its formats.
func (r *Result) Write(format string, w io.Writer, o TextOptions) error {
	if write := r.Forms[format]; write != nil {
		return write(w)
	}
	return r.As(format, w, func() error {
		switch {
		case format == "csv":
			t := r.CSV()
			return t.WriteCSV(w)
		case r.Text != nil:
			return r.Text(w, o)
		}
		return WriteParts(w, format == "markdown", r.Parts, o)
	})
}
