// Package matrix accounts for the part of ATT&CK's enterprise matrix that a
// honeypot can be asked about: every technique in use on Linux, containers,
// clouds and network devices is tagged by rules, or reasons.tsv says why it is
// out of reach. Under other rules than the shipped ones a technique may be open:
// within reach, and tagged by none of them.
//
// Which rules tag a technique is read from the rules and written down nowhere,
// so the account is that of whatever pack is in force. Invariant, held by a test
// on the shipped pack: each technique has rules or a line there, and none has both.
//
//	m := matrix.Of(catalogue, snapshot)
//	for _, n := range m.ByTactic(catalogue) { ... }
package matrix

//go:generate go test -run ^TestAccount$ -update

import (
	"cmp"
	"slices"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// Platforms are those that honeypots play.
const Platforms = attack.Linux | attack.Containers | attack.IaaS | attack.NetworkDevices

// A Status says how a technique is accounted for.
type Status string

// The statuses.
const (
	Tagged Status = "tagged" // by a rule in force
	Beyond Status = "beyond" // out of reach, for a reason
	Open   Status = "open"   // within reach, and no rule in force does it
)

// A Technique is a technique and what accounts for it. It is shared and
// read-only.
type Technique struct {
	attack.Technique
	Rules  []string // sorted ids of the rules in force that tag it, or a sub-technique of it
	Reason Reason
}

// Status returns how t is accounted for. Rules outweigh a reason.
func (t *Technique) Status() Status {
	switch {
	case len(t.Rules) > 0:
		return Tagged
	case t.Reason.Class != "":
		return Beyond
	}
	return Open
}

// A Matrix is the account. It does not change and is safe for concurrent use.
type Matrix struct {
	Techniques []Technique // of Platforms, by id
	Others     []Technique // that rules tag beside them: of other platforms or domains
}

// Of returns the account of the rules in force.
func Of(c *attack.Catalogue, snap *engine.Snapshot) *Matrix {
	m := &Matrix{}
	rules, reasons := tagging(snap), Reasons()
	for t := range c.Techniques() {
		row := Technique{Technique: t, Rules: rules[t.ID]}
		switch {
		case t.Domain == attack.Enterprise && t.Status == attack.Active && t.Platforms&Platforms != 0:
			row.Reason = reasons[t.ID]
			m.Techniques = append(m.Techniques, row)
		case len(row.Rules) > 0 && isFirst(c, t):
			m.Others = append(m.Others, row)
		}
	}
	return m
}

// isFirst reports whether t is what a rule means by its id: several domains may
// have one.
func isFirst(c *attack.Catalogue, t attack.Technique) bool {
	first, _ := c.Find(t.ID)
	return first.Domain == t.Domain
}

// tagging returns the rules in force by each technique that they tag, its
// parent included.
func tagging(snap *engine.Snapshot) map[string][]string {
	rules := map[string][]string{}
	states := snap.States()
	for _, r := range snap.Ruleset().Rules() {
		for _, e := range r.Emits {
			if states[r.ID].Mode == event.Disabled || e.Confidence < event.Floor {
				continue
			}
			for _, id := range []string{e.Technique, e.SubTechnique} {
				if id != "" && !slices.Contains(rules[id], r.ID) {
					rules[id] = append(rules[id], r.ID)
				}
			}
		}
	}
	return rules
}

// A Count is how many techniques of a tactic have which status. A technique
// counts under each of its tactics, whichever of them a rule names.
type Count struct {
	Tactic                           attack.Tactic
	Techniques, Tagged, Beyond, Open int
}

// ByTactic returns the counts in matrix order, of tactics that have techniques.
func (m *Matrix) ByTactic(c *attack.Catalogue) []Count {
	var counts []Count
	for tactic := range c.Tactics(attack.Enterprise) {
		n := Count{Tactic: tactic}
		for i := range m.Techniques {
			if slices.Contains(m.Techniques[i].Tactics, tactic.ID) {
				n.add(m.Techniques[i].Status())
			}
		}
		if n.Techniques > 0 {
			counts = append(counts, n)
		}
	}
	return counts
}

// Total returns the counts of the whole matrix, each technique once.
func (m *Matrix) Total() Count {
	var n Count
	for i := range m.Techniques {
		n.add(m.Techniques[i].Status())
	}
	return n
}

func (n *Count) add(s Status) {
	n.Techniques++
	switch s {
	case Tagged:
		n.Tagged++
	case Beyond:
		n.Beyond++
	case Open:
		n.Open++
	}
}

// Find returns the technique with this id, of Platforms or beside them.
func (m *Matrix) Find(id string) (*Technique, bool) {
	for _, list := range [][]Technique{m.Techniques, m.Others} {
		i, ok := slices.BinarySearchFunc(list, id, func(t Technique, id string) int { return cmp.Compare(t.ID, id) })
		if ok {
			return &list[i], true
		}
	}
	return nil, false
}
