package engine

import (
	"slices"

	"ttpctl/internal/event"
)

// maxNewer is how many rules may have changed since an index was built before
// all of it is built anew: scanning for what is newer costs every event.
const maxNewer = 64

// reindex gives rs the indexes of the ruleset before it, with the changed
// rules on top; false when rs must be indexed anew. That costs the time of a
// few rules instead of all, for the automata are what takes long.
func (rs *Ruleset) reindex(before *Ruleset) bool {
	if before == nil || before.table != rs.table || before.tallies != rs.tallies || !slices.Equal(before.steps, rs.steps) || len(before.rules) != len(rs.rules) {
		return false
	}
	changed := slices.Clone(before.changed)
	for i, r := range rs.rules {
		old := before.rules[i]
		if old == r {
			continue
		}
		if !replaces(r, old) {
			return false
		}
		changed = append(changed, i)
	}
	slices.Sort(changed)
	changed = slices.Compact(changed)
	if len(changed) > maxNewer {
		return false
	}
	rs.changed = changed
	for _, k := range event.Kinds() {
		if old := &before.index[k]; old.made.Load() {
			x := &rs.index[k]
			x.once.Do(func() { x.set(old.ix.with(k, rs)) })
		}
	}
	return true
}

// replaces reports whether r may stand in the place of old in an index: it
// has its id, its kinds, and no steps, which have places of their own.
func replaces(r, old *Rule) bool {
	return !r.ordered() && !old.ordered() && r.ID == old.ID && slices.Equal(r.AppliesTo, old.AppliesTo)
}

// with returns ix with the changed rules of rs on top.
func (ix *kindIndex) with(k event.Kind, rs *Ruleset) *kindIndex {
	if ix == nil {
		return nil
	}
	newer := indexAmong(k, rs, func(i int) bool {
		_, ok := slices.BinarySearch(rs.changed, i)
		return ok
	})
	if newer == nil {
		return ix
	}
	out := *ix
	out.newer = newer
	out.always = slices.Concat(ix.always, newer.always)
	slices.Sort(out.always)
	out.always = slices.Compact(out.always)
	return &out
}
