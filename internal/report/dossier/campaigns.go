package dossier

import (
	"cmp"
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/secrets"
	"ttpctl/internal/sorting"
)

// Bounds of what a campaign shows, and least lengths of what ties attackers.
const (
	maxMembers  = 40
	maxShared   = 12
	leastLines  = 4 // different commands that two attackers hardly type in the same order by chance
	maxSequence = 240
)

// sequenced adds what the sessions typed as indicators of their attackers.
func (b *Builder) sequenced(all []*sessions.Session) {
	for _, s := range all {
		value := b.sequenceOf(s)
		if value == "" {
			continue
		}
		i, ok := b.indicators.find(KindSequence, value)
		if !ok {
			b.limit("Sequences of commands beyond the first 20,000 indicators tie no attackers together.")
			return
		}
		b.left(i, &record{who: attackerOf(s), sensor: s.Sensor, session: s.ID, at: s.Start})
	}
}

// attackerOf names the attacker of a session.
func attackerOf(s *sessions.Session) string {
	if s.AttackerIP != "" {
		return s.AttackerIP
	}
	return nameOf(s.Attacker, "")
}

// sequenceOf returns what a session typed, by shape; "" when that is too little.
func (b *Builder) sequenceOf(s *sessions.Session) string {
	var shapes []string
	for i := range s.Lines {
		if s.Lines[i].Typed() {
			shapes = append(shapes, b.shape(s.Lines[i].Text))
		}
	}
	distinct := slices.Clone(shapes)
	slices.Sort(distinct)
	if len(slices.Compact(distinct)) < leastLines {
		return ""
	}
	joined := strings.Join(shapes, " ⏎ ")
	value, ok := b.shapes["\x00"+joined]
	if !ok {
		value = event.CutText(strings.ToValidUTF8(secrets.Mask(joined), "\ufffd"), maxValue)
		if len(b.shapes) < maxTexts {
			b.shapes["\x00"+joined] = value
		}
	}
	return value
}

// campaigns returns the attackers who share a file, a host, a key or a sequence.
func (b *Builder) campaigns() (all []Campaign) {
	x := b.indicators
	members := make([][]uint32, len(x.list))
	for p := range x.pairs {
		if p.attacker && shared(&x.list[p.indicator]) {
			members[p.indicator] = append(members[p.indicator], uint32(p.of))
		}
	}
	joined := newForest(len(b.people))
	for _, who := range members {
		for _, w := range who[min(1, len(who)):] {
			joined.join(who[0], w)
		}
	}
	ties := map[uint32][]uint32{} // by root, the indicators of several
	for i, who := range members {
		if len(who) > 1 {
			root := joined.root(who[0])
			ties[root] = append(ties[root], uint32(i))
		}
	}
	people := map[uint32][]uint32{}
	for i := range b.people {
		if root := joined.root(uint32(i)); ties[root] != nil {
			people[root] = append(people[root], uint32(i))
		}
	}
	for root, tied := range ties {
		all = append(all, b.campaign(people[root], tied))
	}
	sorting.By(all, func(x, y Campaign) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(y.Sessions, x.Sessions), x.First.Compare(y.First), slices.Compare(x.Attackers, y.Attackers))
	})
	for i := range all {
		all[i].Number = i + 1
	}
	return all
}

func (b *Builder) campaign(people, tied []uint32) Campaign {
	c := Campaign{Count: len(people)}
	for _, i := range people {
		c.Attackers = append(c.Attackers, b.people[i].name)
	}
	sorting.By(c.Attackers, byAddress)
	c.Attackers = c.Attackers[:min(len(c.Attackers), maxMembers)]
	for _, i := range tied {
		ind := b.indicators.list[i]
		widen(&c.First, &c.Last, ind.First)
		widen(&c.First, &c.Last, ind.Last)
		c.Sessions = max(c.Sessions, ind.Sessions)
		ind.Value = cut(ind.Value, maxSequence)
		c.Shared = append(c.Shared, ind)
	}
	sorting.By(c.Shared, func(a, b Indicator) int {
		return cmp.Or(cmp.Compare(b.Attackers, a.Attackers), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	if len(c.Shared) > maxShared {
		c.More, c.Shared = len(c.Shared)-maxShared, c.Shared[:maxShared]
	}
	return c
}

// A forest says which of n belong together.
type forest []uint32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = uint32(i)
	}
	return f
}

func (f forest) root(i uint32) uint32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

// join makes one of the two that a and b belong to, under the lesser root.
func (f forest) join(a, b uint32) {
	a, b = f.root(a), f.root(b)
	f[max(a, b)] = min(a, b)
}
