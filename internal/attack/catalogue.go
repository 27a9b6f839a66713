package attack

import (
	"iter"
	"slices"
	"sort"
	"strings"
)

// Catalogue answers questions about one release of ATT&CK. It is immutable and
// safe for concurrent use.
type Catalogue struct {
	release    string
	tags       map[Domain]string
	tactics    []Tactic    // by domain, then matrix order, deprecated ones last
	groups     []Group     // by id
	techniques []Technique // by id, then domain
}

// Load parses the embedded catalogue, which takes about a millisecond: whoever
// wires a program does so once, when a catalogue is first asked for.
func Load() *Catalogue {
	c, err := parse(catalogueText)
	if err != nil {
		panic(err) // catalogue.txt is part of the program, and tests parse it
	}
	return c
}

// Release returns the release of ATT&CK, such as "19.1".
func (c *Catalogue) Release() string { return c.release }

// ReleaseTag returns the release as tags carry it, such as "enterprise-v19.1", and
// "" for a name that is no domain.
func (c *Catalogue) ReleaseTag(d Domain) string { return c.tags[d] }

// Technique returns the technique with this id in this domain.
func (c *Catalogue) Technique(d Domain, id string) (Technique, bool) {
	for _, t := range c.techniques[c.lowerBound(id):] {
		if t.ID != id {
			break
		}
		if t.Domain == d {
			return t, true
		}
	}
	return Technique{}, false
}

// Find returns the technique with this id in the first of [Domains] that has it.
func (c *Catalogue) Find(id string) (Technique, bool) {
	i := c.lowerBound(id)
	if i == len(c.techniques) || c.techniques[i].ID != id {
		return Technique{}, false
	}
	return c.techniques[i], true
}

// lowerBound returns the index of the first technique whose id is not below id.
func (c *Catalogue) lowerBound(id string) int {
	return sort.Search(len(c.techniques), func(i int) bool { return c.techniques[i].ID >= id })
}

// Techniques yields every technique, revoked and deprecated ones too, sorted by id
// and then by domain.
func (c *Catalogue) Techniques() iter.Seq[Technique] { return slices.Values(c.techniques) }

// SubTechniques yields the sub-techniques of parent, of any status, sorted by id
// and then by domain.
func (c *Catalogue) SubTechniques(parent string) iter.Seq[Technique] {
	return func(yield func(Technique) bool) {
		// A parent's sub-techniques follow it directly: '.' sorts before the digits.
		for _, t := range c.techniques[c.lowerBound(parent):] {
			if !strings.HasPrefix(t.ID, parent) {
				return
			}
			if t.Sub && t.Parent == parent && !yield(t) {
				return
			}
		}
	}
}

// Successor returns the active technique that stands in the place of a revoked one,
// following chains; "" when there is none, when id is not revoked or not known.
func (c *Catalogue) Successor(id string) string {
	t, _ := c.Find(id)
	return t.Successor
}

// HasTactic reports whether ATT&CK files the technique under the tactic.
func (c *Catalogue) HasTactic(technique, tactic string) bool {
	t, _ := c.Find(technique)
	return slices.Contains(t.Tactics, tactic)
}

// Tactic returns the tactic with this id. No two domains share one.
func (c *Catalogue) Tactic(id string) (Tactic, bool) {
	i := slices.IndexFunc(c.tactics, func(t Tactic) bool { return t.ID == id })
	if i < 0 {
		return Tactic{}, false
	}
	return c.tactics[i], true
}

// Tactics yields the tactics of a domain in matrix order, then deprecated ones.
func (c *Catalogue) Tactics(d Domain) iter.Seq[Tactic] {
	return func(yield func(Tactic) bool) {
		for _, t := range c.tactics {
			if t.Domain == d && !yield(t) {
				return
			}
		}
	}
}

// Group returns the group with this id.
func (c *Catalogue) Group(id string) (Group, bool) {
	i := sort.Search(len(c.groups), func(i int) bool { return c.groups[i].ID >= id })
	if i == len(c.groups) || c.groups[i].ID != id {
		return Group{}, false
	}
	return c.groups[i], true
}
