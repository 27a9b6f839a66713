package main

import (
	"encoding/json"

	"ttpctl/internal/report"
)

// rowFormats are the formats of what is rows.
var rowFormats = []string{"table", "json", "csv"}

// rows are a result in rows, for people, scripts and spreadsheets.
type rows struct {
	schema    string
	table     report.Table
	exported  *report.Table // for CSV and JSON, nil = table
	summary   any
	stateHash string // "" = states play no part
}

// renderRows writes r in each format asked for.
func (s *streams) renderRows(list []output, r *rows) error {
	return s.render(list, func(k *sink) error { return s.writeRows(k, r) })
}

// writeRows writes r in the format of k.
func (s *streams) writeRows(k *sink, r *rows) error {
	exported := &r.table
	if r.exported != nil {
		exported = r.exported
	}
	switch k.format {
	case "csv":
		return exported.WriteCSV(k)
	case "json":
		e := s.newEnvelope(r.schema, nil)
		e.StateHash = r.stateHash
		e.Data, e.Summary = json.RawMessage(exported.AppendJSON(nil)), r.summary
		return e.Write(k)
	}
	return r.table.WriteText(k, k.textOptions(s))
}

// textOptions are what a text table must know of k.
func (k *sink) textOptions(s *streams) report.TextOptions {
	o := report.TextOptions{Color: k.palette.On}
	if k.file == nil {
		o.Width = s.out.width(s)
	}
	return o
}
