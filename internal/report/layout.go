package report

import (
	"strings"
	"unicode/utf8"

	"ttpctl/internal/escape"
)

const (
	gap        = 2   // cells between columns
	defaultMax = 200 // cells of a value, where a column says nothing
	foldIndent = 4   // cells before a line below a row, when the first column is text
)

func (c *Column) max() int {
	if c.Max > 0 {
		return c.Max
	}
	return defaultMax
}

// A layout is where the values of a table go at one width: columns that stand
// side by side, columns folded into a line below the row, columns that have
// such a line of their own.
type layout struct {
	beside, folded, notes []int
	widths                []int // of beside
	indent                int   // of the lines below a row
	room                  int   // cells of such a line
}

// layOut decides where the values of rows, which are texts already, go within
// width cells; 0 is any width. Wrapping comes before folding.
func layOut(columns []Column, rows [][]string, width int) layout {
	natural, least := naturalWidths(columns, rows), leastWidths(columns, rows)
	level := 0
	for i := range columns {
		level = max(level, columns[i].Fold)
	}
	for {
		l := newLayout(columns, natural, level)
		fits := width == 0 || l.shrink(least, width)
		if !fits && level == 0 {
			// Too narrow for whole words.
			l.shrink(bareWidths(columns), width)
		}
		if fits || level == 0 {
			l.indent = foldIndent
			if len(l.beside) > 0 && columns[l.beside[0]].Numeric {
				l.indent = l.widths[0] + gap
			}
			l.room = defaultMax
			if width > 0 {
				l.room = max(width-l.indent, 1)
			}
			return l
		}
		level--
	}
}

// naturalWidths returns the width of each column's widest value.
func naturalWidths(columns []Column, rows [][]string) []int {
	widths := make([]int, len(columns))
	for i := range columns {
		widths[i] = cells(columns[i].Name)
	}
	for _, row := range rows {
		for i, s := range row {
			widths[i] = max(widths[i], cells(s))
		}
	}
	return widths
}

// longWord is the widest word, in cells, that a column is kept wide enough for;
// a longer one is no word of a language and may be broken.
const longWord = 24

// bareWidths returns how narrow each column may get, 0 = it is never wrapped.
func bareWidths(columns []Column) []int {
	widths := make([]int, len(columns))
	for i := range columns {
		widths[i] = columns[i].Min
	}
	return widths
}

// leastWidths is bareWidths such that no word is broken in the middle.
func leastWidths(columns []Column, rows [][]string) []int {
	widths := bareWidths(columns)
	for i := range columns {
		if widths[i] == 0 {
			continue
		}
		for _, row := range rows {
			for word := range strings.FieldsSeq(row[i]) {
				if n := cells(word); n <= longWord {
					widths[i] = max(widths[i], n)
				}
			}
		}
	}
	return widths
}

// newLayout folds the columns whose Fold is above level.
func newLayout(columns []Column, natural []int, level int) layout {
	var l layout
	for i := range columns {
		switch c := &columns[i]; {
		case c.Note:
			l.notes = append(l.notes, i)
		case c.Fold > level:
			l.folded = append(l.folded, i)
		default:
			l.beside = append(l.beside, i)
			l.widths = append(l.widths, natural[i])
		}
	}
	return l
}

// shrink narrows the columns that may wrap, the widest first, until the row
// fits, and reports whether it does. No column gets narrower than its least.
func (l *layout) shrink(least []int, width int) bool {
	need := -width - gap
	for _, w := range l.widths {
		need += w + gap
	}
	for ; need > 0; need-- {
		widest := -1
		for i, col := range l.beside {
			if least[col] == 0 || l.widths[i] <= least[col] {
				continue
			}
			if widest < 0 || l.widths[i] > l.widths[widest] {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		l.widths[widest]--
	}
	return true
}

// fit escapes s and cuts it to width cells. The renderer counts some emoji
// sequences wider than package escape does; those are cut again.
func fit(s string, width int) string {
	for limit := width; ; {
		cut := escape.Cut(s, limit)
		over := cells(cut) - width
		if over <= 0 {
			return cut
		}
		limit -= over
	}
}

// wrap breaks s into lines of at most width cells, between words where it
// can.
func wrap(s string, width int) []string {
	var lines []string
	for cells(s) > width {
		n := prefix(s, width)
		if sp := strings.LastIndexByte(s[:min(n+1, len(s))], ' '); sp > 0 {
			n = sp
		}
		lines = append(lines, strings.TrimRight(s[:n], " "))
		s = strings.TrimLeft(s[n:], " ")
	}
	if s != "" || lines == nil {
		lines = append(lines, s)
	}
	return lines
}

// prefix returns how many bytes of s fit into width cells: at least one
// character, and marks stay with theirs.
func prefix(s string, width int) int {
	used, n := 0, 0
	for n < len(s) {
		_, size := utf8.DecodeRuneInString(s[n:])
		w := cells(s[n : n+size])
		if used+w > width && n > 0 {
			break
		}
		used += w
		n += size
	}
	return n
}
