package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Column describes one column of a [Table]. The zero values of its numbers
// suit short words.
type Column struct {
	Name string // header of the text: FIRST SEEN
	Key  string // name in CSV and JSON: first_seen; "" = from Name

	// Numeric aligns right and groups the thousands of whole numbers.
	Numeric bool
	// Max is how many cells of a value the text shows, 0 = 200.
	Max int
	// Min lets a narrow terminal wrap the column down to Min cells, 0 = it is
	// never wrapped.
	Min int
	// Fold lets a narrow terminal move the column into a line below the row:
	// the highest Fold goes first, equal ones go together, 0 = never.
	Fold int
	// Note puts the value alone on a line below the row, whatever the width.
	Note bool
}

// key returns the name of the column for machines.
func (c *Column) key() string {
	if c.Key != "" {
		return c.Key
	}
	return strings.ReplaceAll(strings.ToLower(c.Name), " ", "_")
}

// A Table is rows for people and machines: [Table.WriteText],
// [Table.WriteCSV], [Table.WriteMarkdown], [Table.MarshalJSON]. Values stay as
// they came until one of these escapes them for its medium.
type Table struct {
	Columns []Column
	rows    [][]any
}

// Add appends a row, one value a column: string, bool, int, int64, float64,
// []string, time.Time, [Count], or nil for none. A zero time is none. A row of
// another length is a broken invariant of the caller, and so is another type.
func (t *Table) Add(values ...any) {
	if len(values) != len(t.Columns) {
		panic(fmt.Sprintf("report: row of %d values in a table of %d columns", len(values), len(t.Columns)))
	}
	for _, v := range values {
		switch v.(type) {
		case nil, string, bool, int, int64, float64, []string, time.Time, Count:
		default:
			panic(fmt.Sprintf("report: value of type %T in a table", v))
		}
	}
	t.rows = append(t.rows, values)
}

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// minute is how the text shows times, which are in UTC.
const minute = "2006-01-02 15:04"

// display returns v as people read it, not yet escaped.
func (c *Column) display(v any) string {
	switch v := v.(type) {
	case int:
		return c.whole(int64(v))
	case int64:
		return c.whole(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []string:
		return strings.Join(v, ", ")
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(minute)
	case Count:
		return v.String()
	}
	return plain(v)
}

func (c *Column) whole(n int64) string {
	if c.Numeric {
		return Grouped(n)
	}
	return strconv.FormatInt(n, 10)
}

// plain returns v as CSV holds it, not yet escaped.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case []string:
		return strings.Join(v, " ")
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339Nano)
	case Count:
		return v.plain()
	}
	return ""
}
