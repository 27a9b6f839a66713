package report

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"ttpctl/internal/escape"
)

// This file is all that knows tablewriter, which draws what stands side by side:
// header, rows, alignment, gaps, at the widths of a [layout]. What it has no
// setting for is ours (layout.go, text.go):
//   - lines below a row, of folded columns and notes: its rows are cells;
//   - which columns give way on a narrow terminal, how far, and in which order;
//     so cells come to it wrapped already, as rows of their own.
//
// It keeps all rows that it is given, so they come in portions (renderRows).

// draw renders the header and the lines of grid, in which nothing is left to
// wrap or cut, and returns a line for each.
func (t *Table) draw(l layout, grid [][]string) ([]string, error) {
	header := make([]string, len(l.beside))
	aligns := make(tw.Alignment, len(l.beside))
	widths := tw.NewMapper[int, int]()
	for i, col := range l.beside {
		header[i] = escape.Terminal(t.Columns[col].Name)
		aligns[i] = tw.AlignLeft
		if t.Columns[col].Numeric {
			aligns[i] = tw.AlignRight
		}
		widths.Set(i, l.widths[i]+gap)
	}
	var b bytes.Buffer
	table := tablewriter.NewTable(&b,
		// A setting of the whole process, by design of the library; without it
		// the locale would decide the widths.
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithTrimLine(tw.Off),
		tablewriter.WithPadding(tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithAlignment(aligns),
		tablewriter.WithColumnWidths(widths),
	)
	table.Header(header)
	if err := table.Bulk(grid); err != nil {
		return nil, err
	}
	if err := table.Render(); err != nil {
		return nil, err
	}
	return strings.Split(b.String(), "\n"), nil
}

// cells returns the width of s as the renderer measures it. The locale has no
// say: output is the same everywhere.
func cells(s string) int { return twwidth.WidthWithOptions(s, twwidth.Options{}) }
