package html

import (
	"fmt"
	"strconv"
	"time"

	"ttpctl/internal/report"
	"ttpctl/internal/report/dossier"
)

// Measures of the timeline, in units of its drawing.
const (
	chartWidth = 1144
	chartLeft  = 150
	chartBase  = 104
	chartRow   = 19
)

// A chart is the timeline as it is drawn.
type chart struct {
	Width, Height, Left, Edge, Inner, Base, Foot, TickY int
	Unit, Most                                          string
	Bars                                                []bar
	Rows                                                []chartRowView
	Ticks                                               []tick
}

type bar struct{ X, Y, W, H, Title string }

type chartRowView struct {
	Name     string
	Y, TextY int
	Cells    []chartCell
}

type chartCell struct {
	X, W, Title string
	Heat        int
}

type tick struct{ X, Label, Anchor string }

// chartOf draws a timeline.
func chartOf(t *dossier.Timeline) chart {
	if t.Buckets == 0 {
		return chart{}
	}
	inner := chartWidth - chartLeft
	foot := chartBase + 10 + chartRow*len(t.Rows)
	c := chart{
		Width: chartWidth, Height: foot + 22, Left: chartLeft, Edge: chartLeft - 10, Inner: inner, Base: chartBase, Foot: foot, TickY: foot + 15,
		Unit: unit(t.Step), Most: report.Plural(t.Most, "tag"),
	}
	step := float64(inner) / float64(t.Buckets)
	at := func(i int) string { return decimal(chartLeft + float64(i)*step) }
	width := decimal(max(step-min(1.5, step/6), 0.5))
	for i, n := range t.Totals {
		if n == 0 {
			continue
		}
		h := max(1.5, float64(chartBase-20)*float64(n)/float64(t.Most))
		c.Bars = append(c.Bars, bar{at(i), decimal(chartBase - h), width, decimal(h), label(t, i, n)})
	}
	for k := range t.Rows {
		r := &t.Rows[k]
		row := chartRowView{Name: shown(r.Name, 40), Y: chartBase + 10 + k*chartRow}
		row.TextY = row.Y + 11
		for i, n := range r.Tags {
			if n > 0 {
				row.Cells = append(row.Cells, chartCell{at(i), width, row.Name + ", " + label(t, i, n), heat(n, t.Peak)})
			}
		}
		c.Rows = append(c.Rows, row)
	}
	c.Ticks = ticks(t, step)
	return c
}

// label says of a bucket what is in it.
func label(t *dossier.Timeline, i, n int) string {
	return report.Plural(n, "tag") + ", " + t.Start.Add(time.Duration(i)*t.Step).Format(minuteLayout)
}

// ticks are times below the drawing, few enough to be read.
func ticks(t *dossier.Timeline, step float64) (list []tick) {
	const room = 118
	every := 1
	for float64(every)*step < room && every < t.Buckets {
		every++
	}
	layout := "2 Jan 15:04"
	if t.Step >= 24*time.Hour {
		layout = "2 Jan 2006"
	}
	for i := 0; i < t.Buckets; i += every {
		anchor := "middle"
		if i == 0 {
			anchor = "start"
		}
		if chartLeft+float64(i)*step > chartWidth-40 {
			break
		}
		list = append(list, tick{decimal(chartLeft + float64(i)*step), t.Start.Add(time.Duration(i) * t.Step).Format(layout), anchor})
	}
	return list
}

// unit names what a bucket lasts.
func unit(step time.Duration) string {
	hours := int(step / time.Hour)
	switch {
	case hours == 1:
		return "hour"
	case hours == 24:
		return "day"
	case hours%24 == 0:
		return fmt.Sprintf("%d days", hours/24)
	}
	return fmt.Sprintf("%d hours", hours)
}

// decimal writes a measure with one digit behind the point.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
