package labeller

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"ttpctl/internal/escape"
)

// WriteCSV writes records under a header for a spreadsheet, in which no text is a
// formula. It changes records.
func WriteCSV(w io.Writer, records [][]string) error {
	for _, r := range records[1:] {
		for i := range r {
			r[i] = escape.CSV(r[i])
		}
	}
	out := csv.NewWriter(w)
	return errors.Join(out.WriteAll(records), out.Error())
}

// ReadCSV reads records as WriteCSV writes them.
func ReadCSV(r io.Reader) ([][]string, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	records, err := in.ReadAll()
	for _, rec := range records {
		for i := range rec {
			// What WriteCSV put before a formula.
			if rest, ok := strings.CutPrefix(rec[i], "'"); ok && escape.CSV(rest) == rec[i] {
				rec[i] = rest
			}
		}
	}
	return records, err
}
