package lifters

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/attack"
)

// The tables under data/ are tab-separated: a header line that names the
// columns, then one record a line; lines that begin with # are comments.

// readTable returns the records of a table, which must have exactly columns.
func readTable(files fs.FS, name string, columns ...string) ([][]string, error) {
	data, err := fs.ReadFile(files, "data/"+name)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	header := false
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		switch {
		case !header && !slices.Equal(cells, columns):
			return nil, fmt.Errorf("%s:%d: want the columns %s", name, i+1, strings.Join(columns, ", "))
		case !header:
			header = true
		case len(cells) != len(columns):
			return nil, fmt.Errorf("%s:%d: %d cells, want %d", name, i+1, len(cells), len(columns))
		default:
			rows = append(rows, cells)
		}
	}
	return rows, nil
}

// A mapping says which techniques a provider's signal stands for.
type mapping struct {
	signal     string
	techniques []string
	threshold  float64 // of the provider's score, 0 = any
}

// readMappings reads a provider's table and checks it against the catalogue.
// A signal without techniques (-) was considered and left out on purpose.
func readMappings(files fs.FS, name string, catalogue *attack.Catalogue) ([]mapping, error) {
	rows, err := readTable(files, name, "signal", "label", "techniques", "threshold", "last_reviewed", "reference")
	if err != nil {
		return nil, err
	}
	var out []mapping
	for _, r := range rows {
		m := mapping{signal: r[0]}
		if m.threshold, err = strconv.ParseFloat(r[3], 64); err != nil {
			return nil, fmt.Errorf("%s: %s: threshold %q is no number", name, r[0], r[3])
		}
		if err := checkReview(r[4], r[5]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, r[0], err)
		}
		if r[2] != "-" {
			m.techniques = strings.Split(r[2], ",")
		}
		for _, id := range m.techniques {
			if t, ok := catalogue.Find(id); !ok || t.Status != attack.Active {
				return nil, fmt.Errorf("%s: %s: %s is no technique in use in ATT&CK %s", name, r[0], id, catalogue.Release())
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// A named is a shipped fact: a fingerprint or marker, and what it is of.
type named struct{ value, name string }

// readNamed reads a table of fingerprints or markers.
func readNamed(files fs.FS, name string) ([]named, error) {
	rows, err := readTable(files, name, "value", "name", "last_reviewed", "reference")
	if err != nil {
		return nil, err
	}
	out := make([]named, len(rows))
	for i, r := range rows {
		if r[0] == "" || r[1] == "" {
			return nil, fmt.Errorf("%s: record %d lacks its value or name", name, i+1)
		}
		if err := checkReview(r[2], r[3]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, r[0], err)
		}
		out[i] = named{r[0], r[1]}
	}
	return out, nil
}

// checkReview demands of every record when it was last looked at, and where
// it can be looked up.
func checkReview(date, reference string) error {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return fmt.Errorf("last_reviewed %q is no date", date)
	}
	if !strings.HasPrefix(reference, "https://") {
		return fmt.Errorf("reference %q is no https URL", reference)
	}
	return nil
}
