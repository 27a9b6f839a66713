package corpus

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"ttpctl/internal/lines"
	"ttpctl/internal/sorting"
)

// A CrossFire says how often a rule fired on rows that were labelled for
// another one and not for it.
type CrossFire struct {
	Fired    string `json:"fired_rule_id"`
	Expected string `json:"expected_rule_id"`
	Rows     int    `json:"rows"`
	Allowed  bool   `json:"allowed"`
	Reason   string `json:"reason,omitempty"` // why it is allowed
	// Fails is set where an allow list is in force, lacks the pair, and both
	// rules are of one cohort, whose labels speak of both.
	Fails bool `json:"fails"`
}

// maxAllowLine bounds a line of an allow list, in bytes.
const maxAllowLine = 64 << 10

// An AllowList names the pairs of rules that may fire together on rows of one
// of them, each with a reason. It is immutable.
type AllowList struct {
	name    string
	reasons map[[2]string]string
	lines   map[[2]string]int
}

// ParseAllowList reads an allow list: a line for each pair, `FIRED EXPECTED
// reason`; blank lines and comments are left out. A pair without a reason, or
// twice, is an error.
func ParseAllowList(name string, r io.Reader) (*AllowList, error) {
	a := &AllowList{name: name, reasons: map[[2]string]string{}, lines: map[[2]string]int{}}
	for l, err := range lines.Small(r, maxAllowLine) {
		if err != nil {
			return nil, &RowError{name, l.N, err.Error()}
		}
		words := strings.Fields(l.Text)
		if len(words) < 3 {
			return nil, &RowError{name, l.N, "want FIRED EXPECTED and the reason why it may"}
		}
		pair := [2]string{words[0], words[1]}
		if _, seen := a.reasons[pair]; seen {
			return nil, &RowError{name, l.N, fmt.Sprintf("%s on rows of %s stands here twice", pair[0], pair[1])}
		}
		a.reasons[pair], a.lines[pair] = strings.Join(words[2:], " "), l.N
	}
	return a, nil
}

// crossFires adds up what the workers counted, by firing rule, then expected.
func (s *scoring) crossFires() []CrossFire {
	sums := map[[2]int]int{}
	for _, w := range s.made.workers {
		for pair, n := range w.cross {
			sums[pair] += n
		}
	}
	fires := []CrossFire{}
	for pair, n := range sums {
		c := CrossFire{Fired: s.rules[pair[0]].ID, Expected: s.rules[pair[1]].ID, Rows: n}
		if a := s.opt.Allow; a != nil {
			c.Reason, c.Allowed = a.reasons[[2]string{c.Fired, c.Expected}]
			c.Fails = !c.Allowed && sameCohort(c.Fired, c.Expected)
		}
		fires = append(fires, c)
	}
	sorting.By(fires, func(a, b CrossFire) int {
		return cmp.Or(cmp.Compare(a.Fired, b.Fired), cmp.Compare(a.Expected, b.Expected))
	})
	return fires
}

func sameCohort(a, b string) bool {
	for _, c := range cohorts() {
		if inCohort(c.name, a) && inCohort(c.name, b) {
			return true
		}
	}
	return false
}

// idle returns the allowed pairs that never occurred, as `file:line: pair`.
func (a *AllowList) idle(fires []CrossFire) []string {
	if a == nil {
		return nil
	}
	var idle []string
	for pair, line := range a.lines {
		if !slices.ContainsFunc(fires, func(c CrossFire) bool { return c.Fired == pair[0] && c.Expected == pair[1] }) {
			idle = append(idle, fmt.Sprintf("%s:%d: %s never fired on rows of %s", a.name, line, pair[0], pair[1]))
		}
	}
	slices.Sort(idle)
	return idle
}
