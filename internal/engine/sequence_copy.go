package engine

import (
	"cmp"
	"slices"
	"strings"

	"ttpctl/internal/engine/program"
)

// A fileCopy is a file that a command of the line makes of another, by mv, cp
// and their like. What a step left under the one name goes on under both.
type fileCopy struct {
	at       int
	from, to string
}

// copies returns what the line copies and renames, in the order of its
// commands. The strings are the line's.
func (f *finder) copies() []fileCopy {
	l := f.h.line
	if l == nil || !l.Verbs.Has(program.Writes) {
		return nil
	}
	var all []fileCopy
	for i := range l.Commands {
		for k := range l.Commands[i].Effects {
			e := &l.Commands[i].Effects[k]
			if e.Verb == program.Writes && e.From != "" && e.From != e.Target && len(all) < maxPartials {
				all = append(all, fileCopy{f.at(i), e.From, e.Target})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b fileCopy) int { return cmp.Compare(a.at, b.at) })
	return all
}

// names reports whether b is the file that is copied.
func (c *fileCopy) names(b bound) bool { return b.equal(bound{value: c.from}, sameFile) }

// follow adds to the places of a step those under which what it left is found
// later: one for each copy, of the latest place.
func follow(row []link, copies []fileCopy) []link {
	for i := range copies {
		c, best := &copies[i], -1
		for k := range row {
			if row[k].after < c.at && c.names(row[k].bound) && (best < 0 || row[k].at >= row[best].at) {
				best = k
			}
		}
		if best >= 0 {
			moved := row[best]
			moved.bound, moved.after = bound{value: c.to}, c.at-1
			row = append(row, moved)
		}
	}
	return row
}

// copyStep stands for a copy among the steps that a stage takes. At its command
// it comes before the steps, which may be on the new name.
const copyStep = maxSteps

// copiesTaken appends the copies of the event for each rule that binds files
// and may have something to follow.
func (s *Sighting) copiesTaken(all []taken, parties ...*party) []taken {
	if len(s.copies) == 0 {
		return all
	}
	var rules []uint32
	for _, hit := range s.hits {
		rules = append(rules, hit.step.rule)
	}
	rs := s.snap.ruleset
	for _, p := range parties {
		for k := 0; p != nil && k < len(p.rules); k++ {
			if i, ok := rs.find(p.rules[k].rule); ok && len(p.rules[k].partials) > 0 {
				rules = append(rules, uint32(i))
			}
		}
	}
	slices.Sort(rules)
	for _, id := range slices.Compact(rules) {
		if !rs.rules[id].files {
			continue
		}
		for _, c := range s.copies {
			all = append(all, taken{rule: id, step: copyStep, place: place{at: c.at, bound: bound{value: c.to}}, from: c.from})
		}
	}
	return all
}

// follow remembers what was left under the name that t copies under the new
// one too.
func (x *progress) follow(q *sequence, t *taken) {
	c := fileCopy{from: t.from}
	for _, b := range slices.Clone(x.partials) {
		if c.names(b.bound) {
			b.bound = t.bound
			x.keep(q, b)
		}
	}
}

// cloned returns copies that outlive the line.
func cloned(copies []fileCopy) []fileCopy {
	for i := range copies {
		copies[i].from, copies[i].to = strings.Clone(copies[i].from), strings.Clone(copies[i].to)
	}
	return copies
}
