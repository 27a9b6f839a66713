package engine

import (
	"math/bits"
	"time"
)

// Laps are durations by their length: of a handful of microseconds one in some
// thousands is ten milliseconds long, because the processor did other work
// meanwhile, and would be most of the sum.
type Laps struct {
	n   [lapSizes]uint32
	sum [lapSizes]time.Duration
}

// Lengths of laps double from one size to the next. Of those that are above ordinary,
// what is outlying times the length of most is left out.
const (
	lapSizes = 40
	ordinary = 17 // 131 µs
	outlying = 6  // 64 times
)

func (l *Laps) add(d time.Duration) {
	size := min(bits.Len64(uint64(max(d, 0))), lapSizes-1)
	l.n[size]++
	l.sum[size] += d
}

func (l *Laps) join(o *Laps) {
	for i := range l.n {
		l.n[i] += o.n[i]
		l.sum[i] += o.sum[i]
	}
}

// Count returns the number of laps.
func (l *Laps) Count() (n int64) {
	for _, k := range l.n {
		n += int64(k)
	}
	return n
}

// Mean returns the mean in nanoseconds of the laps that are no outliers, 0 of none.
func (l *Laps) Mean() float64 {
	var n int64
	var sum time.Duration
	for i := range l.n[:l.longest()+1] {
		n += int64(l.n[i])
		sum += l.sum[i]
	}
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}

// longest returns the size of the longest laps that count.
func (l *Laps) longest() int {
	below, half := int64(0), (l.Count()+1)/2
	for i, n := range l.n {
		if below += int64(n); below >= half {
			return min(max(i+outlying, ordinary), lapSizes-1)
		}
	}
	return lapSizes - 1
}
