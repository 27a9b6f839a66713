package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/event"
)

// WriteCSV writes the table as RFC 4180 with a header of keys. Lists are
// joined by spaces; text that a spreadsheet would take for a formula is
// disarmed.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	record := make([]string, len(t.Columns))
	for i := range t.Columns {
		record[i] = t.Columns[i].key()
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range t.rows {
		for i, v := range row {
			record[i] = plain(v)
			switch v.(type) {
			case string, []string:
				record[i] = escape.CSV(record[i])
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// MarshalJSON returns the table as a JSON array, a row a line, each an object
// with the columns' keys in their order: the data of an envelope. None is
// null, lists are arrays, times RFC 3339. A [Count] is a number, or, beyond
// its limit, a string like "250000+".
func (t Table) MarshalJSON() ([]byte, error) {
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = string(event.AppendQuoted(nil, t.Columns[i].key())) + ":"
	}
	dst := []byte{'['}
	for r, row := range t.rows {
		if r > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, "\n{"...)
		for i, v := range row {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(append(dst, names[i]...), v)
		}
		dst = append(dst, '}')
	}
	if len(t.rows) > 0 {
		dst = append(dst, '\n')
	}
	return append(dst, ']'), nil
}

func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return event.AppendQuoted(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return strconv.AppendFloat(dst, v, 'f', -1, 64)
		}
	case bool:
		return strconv.AppendBool(dst, v)
	case []string:
		return event.AppendStrings(dst, v)
	case time.Time:
		if !v.IsZero() {
			return event.AppendQuoted(dst, plain(v))
		}
	case Count:
		if v.More {
			return event.AppendQuoted(dst, v.plain())
		}
		return strconv.AppendInt(dst, int64(v.N), 10)
	}
	return append(dst, "null"...)
}

// newMarkdownReplacer disarms what GitHub's Markdown would act on within a table cell:
// its own marks, HTML, and bare addresses, which it makes links of.
func newMarkdownReplacer() *strings.Replacer {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;", "://", "&#58;//", "www.", "www&#46;"}
	for _, mark := range "\\`*_~[]|#!" {
		pairs = append(pairs, string(mark), `\`+string(mark))
	}
	return strings.NewReplacer(pairs...)
}

// WriteMarkdown writes the table as a GitHub-flavoured Markdown table. A value
// shows at most its column's Max cells.
func (t *Table) WriteMarkdown(w io.Writer) error {
	marks := newMarkdownReplacer()
	var b strings.Builder
	for i := range t.Columns {
		b.WriteString("| " + marks.Replace(escape.Terminal(t.Columns[i].Name)) + " ")
	}
	b.WriteString("|\n")
	for i := range t.Columns {
		if t.Columns[i].Numeric {
			b.WriteString("|--:")
		} else {
			b.WriteString("|---")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		for i, v := range row {
			c := &t.Columns[i]
			b.WriteString("| " + marks.Replace(escape.Cut(c.display(v), c.max())) + " ")
		}
		b.WriteString("|\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
