package attack

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"ttpctl/internal/edit"
	"ttpctl/internal/sorting"
)

const (
	maxSuggestions = 3
	// maxIDLen bounds what Suggest looks at. The longest id, T1110.001, has nine
	// characters and a near miss two more.
	maxIDLen = len("T1110.001") + 2
)

// candidate is a known id with its likeness to the one that was asked for.
type candidate struct {
	id       string
	inactive int // 0 for an active id, 1 for one that is not: sorts after
	distance int
	prefix   int // length of the common prefix
}

// Suggest returns at most three known ids that id may have been meant to be, all at
// the same, smallest distance: technique ids, or tactic ids where id begins with TA.
// Case does not count as a difference. One edit is allowed, two in ids that reach into
// a sub-technique's number; swapping two neighbours is one edit. Active ids come
// first, then those that agree longest from the start, then the lower ones.
func (c *Catalogue) Suggest(id string) []string {
	id = strings.ToUpper(strings.TrimSpace(id))
	if id == "" || len(id) > maxIDLen {
		return nil
	}
	limit := 1
	if len(id) > len("T1110.") {
		limit = 2
	}
	var near []candidate
	for known, status := range c.ids(strings.HasPrefix(id, "TA")) {
		if d, ok := distance(id, known, limit); ok {
			inactive := 0
			if status != Active {
				inactive = 1
			}
			near = append(near, candidate{known, inactive, d, commonPrefix(id, known)})
		}
	}
	sorting.By(near, func(a, b candidate) int {
		return cmp.Or(a.distance-b.distance, a.inactive-b.inactive, b.prefix-a.prefix, strings.Compare(a.id, b.id))
	})
	near = slices.CompactFunc(near, func(a, b candidate) bool { return a.id == b.id })
	var ids []string
	for _, n := range near[:min(len(near), maxSuggestions)] {
		if n.distance == near[0].distance {
			ids = append(ids, n.id)
		}
	}
	return ids
}

// ids yields the ids of the techniques, or of the tactics.
func (c *Catalogue) ids(tactics bool) iter.Seq2[string, Status] {
	return func(yield func(string, Status) bool) {
		if tactics {
			for _, t := range c.tactics {
				if !yield(t.ID, t.Status) {
					return
				}
			}
			return
		}
		for i := range c.techniques {
			if t := &c.techniques[i]; !yield(t.ID, t.Status) {
				return
			}
		}
	}
}

func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// distance is the edit distance, or false above limit.
func distance(a, b string, limit int) (int, bool) {
	if max(len(a)-len(b), len(b)-len(a)) > limit {
		return 0, false
	}
	d := edit.Distance(a, b)
	return d, d <= limit
}
