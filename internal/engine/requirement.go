package engine

import (
	"encoding/binary"
	"slices"

	"ttpctl/internal/engine/prefilter"
	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// A requirement is a necessary condition in a form that an index can test: the
// event shows all atoms of one of the clauses.
type requirement []clause

// A clause is atoms that an event shows together, not always in one place.
type clause []atom

// maxClause bounds the atoms of a clause: each costs every event that shows it.
const maxClause = 4

// An atom is one thing to look for: a literal in a field, once folded, of which
// there may be several to choose from; a pattern, in the texts of a field that have
// such a literal; or what a command of the line shows.
type atom struct {
	field    event.FieldID
	literals prefilter.Set
	pattern  string    // "" = none; without literals it is looked for in every text
	leading  bool      // each match of pattern begins with one of literals
	line     *lineAtom // nil = the literals in the field
	present  bool      // the field has a value, whatever it is but for pattern
}

func (a *atom) score() int {
	if a.line != nil {
		return a.line.score()
	}
	return a.literals.Score()
}

// appendKey spells out the atom: two of the same spelling ask for the same.
func (a *atom) appendKey(dst []byte) []byte {
	if a.line != nil {
		return a.line.appendKey(dst)
	}
	dst = binary.AppendUvarint(append(dst, 'f'), uint64(a.field))
	if a.present {
		dst = append(dst, '!')
	}
	return append(appendList(dst, a.literals.Literals()), a.pattern...)
}

func appendList(dst []byte, words []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(words)))
	for _, w := range words {
		dst = append(binary.AppendUvarint(dst, uint64(len(w))), w...)
	}
	return dst
}

// score is that of the atom that admits least.
func (c clause) score() int {
	most := 0
	for i := range c {
		most = max(most, c[i].score())
	}
	return most
}

// score is that of the weakest clause: the one that admits most.
func (r requirement) score() int {
	least := r[0].score()
	for _, c := range r[1:] {
		least = min(least, c.score())
	}
	return least
}

// selective reports whether something is known, and every clause has more to ask for
// than a pattern that must be looked for in every text.
func (r requirement) selective() bool {
	return r != nil && !slices.ContainsFunc(r, func(c clause) bool {
		return !slices.ContainsFunc(c, func(a atom) bool { return a.line != nil || a.present || !a.literals.IsZero() })
	})
}

// of returns what of r can be looked for in events of kind k, nil when that is not
// enough: words of commands are looked for in command events only.
func (r requirement) of(k event.Kind) requirement {
	out := make(requirement, 0, len(r))
	for _, c := range r {
		c = slices.DeleteFunc(slices.Clone(c), func(a atom) bool { return a.line == nil && a.field.Field().Kind != k })
		if len(c) == 0 {
			return nil
		}
		out = append(out, c)
	}
	return out
}

// and returns a requirement of what needs both. Of two that have a choice the
// stronger is enough, for the product of the clauses may be large.
func (r requirement) and(other requirement) requirement {
	switch {
	case r == nil:
		return other
	case len(other) > 1 && len(r) > 1:
		if other.score() > r.score() {
			return other
		}
		return r
	case len(other) > 1:
		r, other = other, r
	}
	both := make(requirement, len(r))
	for i, c := range r {
		both[i] = c.and(other[0])
	}
	return both
}

// and returns the best atoms of both, the rarest first. Literals that most texts have
// stay out where there is more to ask for: they keep hardly any rule out, and every
// event pays for their being found.
func (c clause) and(other clause) clause {
	both := slices.Concat(c, other)
	sorting.By(both, func(a, b atom) int { return b.score() - a.score() })
	n := 1
	for n < min(len(both), maxClause) && !both[n].common() {
		n++
	}
	return both[:n]
}

// scoreCommon is that of letters, signs and pairs of these.
const scoreCommon = 3

// common reports whether the atom is nothing but literals that most texts have.
func (a *atom) common() bool {
	return a.line == nil && !a.present && a.pattern == "" && a.score() <= scoreCommon
}
