package engine

import (
	"math/bits"
	"strings"

	"ttpctl/internal/engine/glob"
	"ttpctl/internal/engine/program"
)

// headsOf returns with what the names of globs begin; all is false when one may
// begin with anything.
func headsOf(globs []*glob.Name) (heads []string, all bool) {
	for _, g := range globs {
		head, _, _ := strings.Cut(g.String(), "*")
		head, _, _ = strings.Cut(head, "?")
		if head == "" {
			return nil, false
		}
		heads = append(heads, head[:min(len(head), maxHead)])
	}
	return heads, true
}

// A programSet is a set of names: of rows by their place in the table, which is
// quicker, and of others.
type programSet struct {
	rows   []uint64
	others map[string]bool
}

func (c *commandBuilder) programSet(names []string) *programSet {
	s := &programSet{others: map[string]bool{}}
	for _, name := range names {
		r := c.table.Lookup(name)
		if r == nil || r.Name != name {
			s.others[name] = true
			continue
		}
		for len(s.rows) <= r.ID/64 {
			s.rows = append(s.rows, 0)
		}
		s.rows[r.ID/64] |= 1 << (r.ID % 64)
	}
	return s
}

// sketch returns the sketch of the set.
func (s *programSet) sketch() (k rowSketch) {
	if len(s.others) > 0 {
		k = unknownRow
	}
	for i, word := range s.rows {
		for ; word != 0; word &= word - 1 {
			k |= 1 << ((i*64 + bits.TrailingZeros64(word)) % 63)
		}
	}
	return k
}

// only returns one more than the row that the set is, 0 when it is no single row.
func (s *programSet) only() int {
	n, row := len(s.others), 0
	for i, word := range s.rows {
		if n += bits.OnesCount64(word); word != 0 {
			row = i*64 + bits.TrailingZeros64(word)
		}
	}
	if n != 1 || len(s.others) > 0 {
		return 0
	}
	return row + 1
}

func (s *programSet) has(c *program.Command) bool {
	if c.Row != nil {
		k := c.Row.ID / 64
		return k < len(s.rows) && s.rows[k]>>(c.Row.ID%64)&1 != 0
	}
	return s.others[c.Program]
}
