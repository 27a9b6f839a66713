package corpus

import (
	"fmt"
	"math"

	"ttpctl/internal/engine"
)

// z95 is the two-sided 95 % quantile of the normal distribution.
const z95 = 1.959963984540054

// Wilson returns the 95 % score interval of a share of good among n (E. B.
// Wilson, 1927). Of nothing it is [0, 1]: nothing is known.
func Wilson(good, n int) (lower, upper float64) {
	if n <= 0 {
		return 0, 1
	}
	total := float64(n)
	p := float64(good) / total
	z2 := z95 * z95
	centre := p + z2/(2*total)
	spread := z95 * math.Sqrt(p*(1-p)/total+z2/(4*total*total))
	return max(0, (centre-spread)/(1+z2/total)), min(1, (centre+spread)/(1+z2/total))
}

// A Gate says which estimate of the precision must clear the floor.
type Gate string

// The gates. Auto is Point for rules judged on seeds alone, else Lower.
const (
	Auto  Gate = "auto"
	Point Gate = "point" // the share itself: for seeds, whose labels are exact
	Lower Gate = "lower" // the lower end of its interval: for samples of the world
)

// A Verdict is what the counts of a rule amount to.
type Verdict string

// The verdicts, best first.
const (
	Pass   Verdict = "PASS"
	NoData Verdict = "NO-DATA" // it never fired, or too seldom for any score to clear the floor
	Fail   Verdict = "FAIL"
)

// rank orders verdicts, best first.
func (v Verdict) rank() int {
	switch v {
	case Pass:
		return 0
	case NoData:
		return 1
	}
	return 2
}

// A Band is a range of confidence and the precision that it promises.
type Band struct {
	Name  string  `json:"name"`  // high, medium, none
	Floor float64 `json:"floor"` // 0 = nothing is asked
}

// The least confidence of each band.
const (
	highBand   = 0.85
	mediumBand = 0.6
)

// BandOf returns the band of a rule: that of its highest confidence (RULES.md).
func BandOf(r *engine.Rule) Band {
	top := 0.0
	for _, e := range r.Emits {
		top = max(top, e.Confidence)
	}
	switch {
	case top >= highBand:
		return Band{"high", 0.95}
	case top >= mediumBand:
		return Band{"medium", 0.80}
	}
	return Band{"none", 0}
}

// judge returns the verdict over fired hits of which right were right, and why
// unless it is Pass.
func judge(right, fired int, floor float64, gate Gate) (Verdict, string) {
	switch {
	case fired == 0:
		return NoData, "it never fired"
	case floor == 0:
		return NoData, "its band has no floor"
	}
	got, what := float64(right)/float64(fired), "precision"
	if gate == Lower {
		if best, _ := Wilson(fired, fired); best < floor {
			return NoData, fmt.Sprintf("%d hits are too few: even all of them right would only show %.3f", fired, best)
		}
		got, _ = Wilson(right, fired)
		what = "lower bound of precision"
	}
	if got < floor {
		return Fail, fmt.Sprintf("%s %.3f is below %.2f", what, got, floor)
	}
	return Pass, ""
}
