package report

// Rows are a result in rows, for people, scripts and spreadsheets.
type Rows struct {
	Schema    string
	Table     Table
	Exported  *Table // for CSV and JSON, nil = Table
	Summary   any
	StateHash string // "" = states play no part
}

// Result returns r as CSV, as JSON in an envelope of m, and as a table.
func (r *Rows) Result(m Meta) *Result {
	exported := r.Table
	if r.Exported != nil {
		exported = *r.Exported
	}
	m.StateHash = r.StateHash
	return &Result{
		Envelope: Envelope{Schema: r.Schema, Meta: m, Data: exported, Summary: r.Summary},
		CSV:      func() Table { return exported },
		Text:     r.Table.WriteText,
	}
}
