package report

import (
	"math"
	"strings"
	"time"
)

// activityBuckets is how finely an Activity tells times apart: its span is in
// that many parts, or up to twice as few.
const activityBuckets = 128

// An Activity is when something happened, in memory that does not grow: as the
// span gets longer, the parts of it get coarser. The zero Activity is of nothing.
// It belongs to one goroutine.
type Activity struct {
	width  int64 // of a bucket, in seconds; 0 = nothing happened
	first  int64 // the number of the first bucket, counted in widths from 1970
	top    int   // the last bucket that is not empty
	counts [activityBuckets]int64
}

// Add counts what happened at a time. The zero time is none.
func (a *Activity) Add(at time.Time) {
	if at.IsZero() {
		return
	}
	if a.width == 0 {
		a.width, a.first = 1, at.Unix()
	}
	for {
		i := floorDiv(at.Unix(), a.width) - a.first
		switch {
		case 0 <= i && i < activityBuckets:
			a.counts[i]++
			a.top = max(a.top, int(i))
			return
		case -activityBuckets < i && i < 0 && a.top-int(i) < activityBuckets:
			copy(a.counts[-i:], a.counts[:a.top+1])
			clear(a.counts[:-i])
			a.first, a.top = a.first+i, a.top-int(i)
		default:
			a.coarsen()
		}
	}
}

// coarsen makes each bucket twice as wide.
func (a *Activity) coarsen() {
	var counts [activityBuckets]int64
	first := floorDiv(a.first, 2)
	for i, n := range a.counts {
		if n > 0 {
			k := floorDiv(a.first+int64(i), 2) - first
			counts[k] += n
			a.top = int(k)
		}
	}
	a.width, a.first, a.counts = 2*a.width, first, counts
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Spark levels: nothing, then from little to most.
const (
	sparkLevels = " ▁▂▃▄▅▆▇█"
	plainLevels = " .:-=+*#@"
)

// Spark draws what happened from one time to another in so many cells, the most
// in one cell the highest; plain keeps to ASCII.
func (a *Activity) Spark(from, to time.Time, cells int, plain bool) string {
	if cells <= 0 {
		return ""
	}
	levels := []rune(sparkLevels)
	if plain {
		levels = []rune(plainLevels)
	}
	heights := a.spread(from, to, cells)
	most := 0.0
	for _, h := range heights {
		most = max(most, h)
	}
	var b strings.Builder
	for _, h := range heights {
		level := 0
		if h > 0 {
			level = int(math.Ceil(h / most * float64(len(levels)-1)))
		}
		b.WriteRune(levels[level])
	}
	return b.String()
}

// spread returns how much falls into each cell; a bucket wider than a cell is
// spread over those that it covers.
func (a *Activity) spread(from, to time.Time, cells int) []float64 {
	heights := make([]float64, cells)
	if a.width == 0 {
		return heights
	}
	begin, span := float64(from.Unix()), max(float64(to.Unix()-from.Unix()+1), 1)
	for i, n := range a.counts[:a.top+1] {
		if n == 0 {
			continue
		}
		at := float64((a.first + int64(i)) * a.width)
		lo := max(0, (at-begin)/span*float64(cells))
		hi := min(float64(cells), (at+float64(a.width)-begin)/span*float64(cells))
		if hi <= lo {
			continue
		}
		for c := int(lo); c < cells && float64(c) < hi; c++ {
			part := min(hi, float64(c+1)) - max(lo, float64(c))
			heights[c] += float64(n) * part / (hi - lo)
		}
	}
	return heights
}
