package report

import (
	"encoding/json"
	"io"
)

// Rows are a result in rows, for people, scripts and spreadsheets.
type Rows struct {
	Schema    string
	Table     Table
	Exported  *Table // for CSV and JSON, nil = Table
	Summary   any
	StateHash string // "" = states play no part
}

// Write writes r as CSV, as JSON in an envelope of m, or as a table.
func (r *Rows) Write(format string, w io.Writer, m Meta, o TextOptions) error {
	exported := &r.Table
	if r.Exported != nil {
		exported = r.Exported
	}
	switch format {
	case "csv":
		return exported.WriteCSV(w)
	case "json":
		m.StateHash = r.StateHash
		e := Envelope{Schema: r.Schema, Meta: m, Data: json.RawMessage(exported.AppendJSON(nil)), Summary: r.Summary}
		return e.Write(w)
	}
	return r.Table.WriteText(w, o)
}
