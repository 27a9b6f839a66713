package report

import (
	"bytes"
	"io"
	"strings"
)

// TextOptions are what a text table must know of where it is shown.
type TextOptions struct {
	Width int  // cells of the terminal, 0 = no terminal: lines as long as need be
	Color bool // the header bold, lines below rows dim
	Spark bool // sparklines where they fit: the terminal shows their characters
}

// The only control sequences in any output; all else is escaped.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	reset = "\x1b[0m"
)

// WriteText writes the table for people. Nothing is lost in a narrow
// terminal: columns wrap as far as they may, then move below their rows.
func (t *Table) WriteText(w io.Writer, o TextOptions) error {
	rows := t.texts()
	l := layOut(t.Columns, rows, o.Width)
	var out bytes.Buffer
	for begin := 0; begin == 0 || begin < len(rows); begin += renderRows {
		if err := t.writeRows(&out, l, rows, begin, o.Color); err != nil {
			return err
		}
		if _, err := out.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

// renderRows is how many rows are drawn at a time: the renderer keeps all of
// them, and its width cache the cells of about as many.
const renderRows = 500

// texts returns the rows as escaped text, each value cut to its column's Max.
func (t *Table) texts() [][]string {
	rows := make([][]string, len(t.rows))
	for r, row := range t.rows {
		rows[r] = make([]string, len(row))
		for i, v := range row {
			rows[r][i] = fit(t.Columns[i].display(v), t.Columns[i].max())
		}
	}
	return rows
}

// writeRows draws the rows from begin on, the header before the first.
func (t *Table) writeRows(out *bytes.Buffer, l layout, rows [][]string, begin int, color bool) error {
	rows = rows[begin:min(begin+renderRows, len(rows))]
	var grid [][]string // what stands side by side, a line each
	var heights []int
	for _, row := range rows {
		lines := l.side(row)
		grid = append(grid, lines...)
		heights = append(heights, len(lines))
	}
	drawn, err := t.draw(l, grid)
	if err != nil {
		return err
	}
	if begin == 0 {
		writeLine(out, drawn[0], bold, color)
	}
	drawn = drawn[1:]
	for r, row := range rows {
		for _, line := range drawn[:heights[r]] {
			writeLine(out, line, "", color)
		}
		drawn = drawn[heights[r]:]
		for _, line := range t.below(l, row) {
			writeLine(out, strings.Repeat(" ", l.indent)+line, dim, color)
		}
	}
	return nil
}

// side returns the lines of a row's side-by-side cells, wrapped.
func (l *layout) side(row []string) [][]string {
	cols := make([][]string, len(l.beside))
	height := 1
	for i, col := range l.beside {
		cols[i] = wrap(row[col], l.widths[i])
		height = max(height, len(cols[i]))
	}
	lines := make([][]string, height)
	for n := range lines {
		lines[n] = make([]string, len(cols))
		for i, c := range cols {
			if n < len(c) {
				lines[n][i] = c[n]
			}
		}
	}
	return lines
}

// below returns the lines that stand below a row: the folded columns with
// their names, wrapped, then the notes, each cut to one line.
func (t *Table) below(l layout, row []string) []string {
	var parts []string
	for _, col := range l.folded {
		if row[col] != "" {
			parts = append(parts, strings.ToLower(t.Columns[col].Name)+" "+row[col])
		}
	}
	var lines []string
	if len(parts) > 0 {
		lines = wrap(strings.Join(parts, "; "), l.room)
	}
	for _, col := range l.notes {
		if row[col] != "" {
			lines = append(lines, fit(row[col], l.room))
		}
	}
	return lines
}

// writeLine writes a line without the blanks at its end.
func writeLine(out *bytes.Buffer, line, style string, color bool) {
	line = strings.TrimRight(line, " ")
	if color && style != "" {
		line = style + line + reset
	}
	out.WriteString(line)
	out.WriteByte('\n')
}
