// Package groups compares the techniques that were seen with those that ATT&CK
// reports of threat groups, of software, or of campaigns: of one kind at a time, since
// a technique that is rare among groups need not be among software.
//
// That is no attribution. What honeypots see is what everyone does, and ATT&CK knows
// of a group what was written about it. So a shared technique weighs as much as few
// groups use it (bits: -log2 of their part of all), and for each group it is said how
// many shared techniques chance alone would give: p is the probability that a group of
// as many techniques, each taken as often as groups use it, shares as many or more (a
// sum of unequal chances, so that what everyone does is no surprise), q is p corrected
// for asking about every group (Benjamini and Hochberg, 1995). Techniques are not independent, so that even a low q is a reason
// to look and nothing more.
//
// Invariant: what comes out depends on the set of techniques only. A technique of a
// retired release counts as its successor.
//
//	result := groups.Compare(attack.Load(), groups.Groups, []string{"T1105", "T1110.001"})
//	err := result.Rows(20).Write("table", os.Stdout, meta, options)
package groups

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/report"
	"ttpctl/internal/sorting"
)

// Notable is the q below which a group stands out.
const Notable = 0.05

// Kinds are what techniques can be compared with.
const (
	Groups    = "groups"
	Software  = "software" // malware and tools
	Campaigns = "campaigns"
)

// Kinds returns them, the default first.
func Kinds() []string { return []string{Groups, Software, Campaigns} }

// words are how a kind is written: in the head of the table, as the member of JSON,
// and in a sentence.
var words = map[string]struct{ head, key, one, many string }{
	Groups:    {"GROUP", "group_id", "group", "groups"},
	Software:  {"SOFTWARE", "software_id", "piece of software", "pieces of software"},
	Campaigns: {"CAMPAIGN", "campaign_id", "campaign", "campaigns"},
}

// A Group is how much of what was seen ATT&CK reports of one group, or of one of
// another kind.
type Group struct {
	ID, Name string
	Kind     string   // of software: malware or tool
	Shared   []string // sorted ids
	Known    int      // techniques that ATT&CK reports of it
	Expected float64  // shared ones, by chance
	Bits     float64  // how rare the shared ones are among groups, summed
	P, Q     float64
}

// A Result is the comparison with every group.
type Result struct {
	Kind   string
	Groups []Group  // those that share a technique, the lowest p first
	Seen   []string // techniques that some group uses, sorted: those compared
	Other  []string // seen, and used by no group
	All    int      // techniques that some group uses
}

// usersOf returns who uses the techniques of the enterprise domain that are in use, by
// technique.
func usersOf(c *attack.Catalogue, kind string) map[string][]*Group {
	by := make(map[string][]*Group)
	if kind == Groups {
		known := make(map[string]*Group)
		for t := range c.Techniques() {
			if t.Domain != attack.Enterprise || t.Status != attack.Active {
				continue
			}
			for _, id := range t.Groups {
				if known[id] == nil {
					g, _ := c.Group(id)
					known[id] = &Group{ID: g.ID, Name: g.Name}
				}
				by[t.ID] = append(by[t.ID], known[id])
			}
		}
		return by
	}
	for _, s := range attack.Subjects() {
		if (s.Kind == attack.Campaign) != (kind == Campaigns) {
			continue
		}
		g := &Group{ID: s.ID, Name: s.Name}
		if kind == Software {
			g.Kind = string(s.Kind)
		}
		for _, id := range s.Techniques {
			by[id] = append(by[id], g)
		}
	}
	return by
}

// Compare compares techniques, given by their most specific ids, with the groups of
// the catalogue, or with another of [Kinds].
func Compare(c *attack.Catalogue, kind string, techniques []string) *Result {
	seen := make(map[string]bool)
	for _, id := range techniques {
		seen[cmp.Or(c.Successor(id), id)] = true
	}
	r := &Result{Kind: kind}
	all := usersOf(c, kind)
	byID := make(map[string]*Group)
	counts := make(map[string]int)
	for t := range c.Techniques() { // sorted, so that what is gathered is, too
		if t.Domain != attack.Enterprise || t.Status != attack.Active {
			continue
		}
		if len(all[t.ID]) == 0 {
			if seen[t.ID] {
				r.Other = append(r.Other, t.ID)
			}
			continue
		}
		r.All++
		counts[t.ID] = len(all[t.ID])
		if seen[t.ID] {
			r.Seen = append(r.Seen, t.ID)
		}
		for _, g := range all[t.ID] {
			byID[g.ID] = g
			g.Known++
			if seen[t.ID] {
				g.Shared = append(g.Shared, t.ID)
			}
		}
	}
	r.score(byID, counts)
	return r
}

// score fills in what the counts come to.
func (r *Result) score(byID map[string]*Group, users map[string]int) {
	bySize := make(map[int]chance)
	for _, g := range byID {
		c, ok := bySize[g.Known]
		if !ok {
			c = chanceOf(g.Known, users, r.Seen)
			bySize[g.Known] = c
		}
		g.Expected, g.P = c.expected, c.tail[len(g.Shared)]
		for _, id := range g.Shared {
			g.Bits -= math.Log2(float64(users[id]) / float64(len(byID)))
		}
		r.Groups = append(r.Groups, *g)
	}
	sorting.By(r.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(b.Bits, a.Bits), strings.Compare(a.ID, b.ID))
	})
	q := 1.0
	for i := len(r.Groups) - 1; i >= 0; i-- {
		g := &r.Groups[i]
		q = min(q, g.P*float64(len(r.Groups))/float64(i+1))
		g.Q = q
	}
	for i, g := range r.Groups {
		if len(g.Shared) == 0 { // p is 1: all behind share nothing either, or nothing at all is shared
			r.Groups = r.Groups[:i]
			break
		}
	}
}

// A chance is what chance gives a group of some size.
type chance struct {
	expected float64
	tail     []float64 // by number: the probability of sharing as many or more
}

// chanceOf returns the chance of a group of size techniques. It takes them one after
// the other, each as often as groups use it, until it has so many different ones:
// then each of seen is among them with a probability of its own.
func chanceOf(size int, users map[string]int, seen []string) chance {
	counts := slices.Sorted(maps.Values(users)) // a sum in the order of a map is another each time
	total := 0.0
	for _, n := range counts {
		total += float64(n)
	}
	among := func(n int, draws float64) float64 { return -math.Expm1(draws * math.Log1p(-float64(n)/total)) }
	low, high := 0.0, 1e6
	for range 50 {
		draws, different := (low+high)/2, 0.0
		for _, n := range counts {
			different += among(n, draws)
		}
		if different < float64(size) {
			low = draws
		} else {
			high = draws
		}
	}
	exactly := make([]float64, 1, len(seen)+2) // probabilities of sharing 0, 1, ...
	exactly[0] = 1
	c := chance{}
	for _, id := range seen {
		p := among(users[id], high)
		c.expected += p
		exactly = append(exactly, 0)
		for k := len(exactly) - 1; k > 0; k-- {
			exactly[k] = exactly[k]*(1-p) + exactly[k-1]*p
		}
		exactly[0] *= 1 - p
	}
	for k := len(exactly) - 2; k >= 0; k-- {
		exactly[k] = min(exactly[k]+exactly[k+1], 1)
	}
	c.tail = exactly
	return c
}

// StandOut returns how many groups stand out.
func (r *Result) StandOut() int {
	for i := range r.Groups {
		if r.Groups[i].Q >= Notable {
			return i
		}
	}
	return len(r.Groups)
}

// Verdict says in a sentence what the comparison is worth.
func (r *Result) Verdict() string {
	const caveat = "; sharing techniques is no attribution"
	w := words[r.Kind]
	switch n := r.StandOut(); {
	case len(r.Seen) == 0:
		return "no technique was seen that ATT&CK reports of a " + w.one
	case n == 0:
		return "no " + w.one + " stands out: each shares what chance would give it" + caveat
	case n == 1:
		return "one " + w.one + " shares more than chance would give it" + caveat
	default:
		return strconv.Itoa(n) + " " + w.many + " share more than chance would give them" + caveat
	}
}

// Rows returns at most limit groups, 0 = all, as rows.
func (r *Result) Rows(limit int) *report.Rows {
	w := words[r.Kind]
	rows := &report.Rows{Schema: "ttpctl.groups/v1", Table: report.Table{Columns: []report.Column{
		{Name: w.head, Key: w.key}, {Name: "NAME", Min: 12}, {Name: "SHARED", Numeric: true}, {Name: "EXPECTED", Numeric: true}, {Name: "KNOWN", Numeric: true},
		{Name: "BITS", Numeric: true}, {Name: "P", Numeric: true}, {Name: "Q", Numeric: true}, {Name: "TECHNIQUES", Note: true},
	}}}
	for i, g := range r.Groups {
		if limit > 0 && i == limit {
			break
		}
		name := g.Name
		if g.Kind != "" {
			name += " (" + g.Kind + ")"
		}
		rows.Table.Add(g.ID, name, len(g.Shared), round(g.Expected, 1), g.Known, round(g.Bits, 1), round(g.P, 4), round(g.Q, 4), g.Shared)
	}
	rows.Summary = map[string]any{
		"compared_with": r.Kind, "techniques": len(r.Seen), "of_no_group": r.Other, "of_any_group": r.All, "groups": len(r.Groups), "stand_out": r.StandOut(),
		"verdict": r.Verdict(), "notice": attack.Copyright,
	}
	return rows
}

func round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
