package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/sorting"
)

// Leases say who uses a database: a process that follows its states renews a
// lease in it, and records the rules that it has in force. They are safe for
// concurrent use.
type Leases interface {
	// Renew stores l, or that it holds for another while; RenewedAt is the
	// store's clock. Rules that are not nil replace those recorded before.
	// Leases that are void for long are forgotten.
	Renew(ctx context.Context, l Lease) error
	// Release ends a lease, and the record of its holder.
	Release(ctx context.Context, id string) error
	// Live returns the leases that hold, the oldest first, and the rules that
	// their holders have in force.
	Live(ctx context.Context) ([]Lease, error)
	// All returns the leases that were not forgotten, void or not, the oldest first
	// and without rules: who goes by no clock but his own watches their Beats.
	All(ctx context.Context) ([]Lease, error)
}

// A Lease is one process that uses a database.
type Lease struct {
	ID        string // unique, of the holder's making
	What      string // serve
	PID       int
	Host      string
	Since     time.Time
	RenewedAt time.Time
	Every     time.Duration // between two renewals
	Beats     int64         // counts the renewals; given by the store
	Worker    Worker        // what the holder says of itself
	Rules     []InForce     // recorded, in id order
}

// A Worker is what the holder of a lease says of itself, for the others of its
// fleet and for people.
type Worker struct {
	Version string `json:"version,omitempty"` // of ttpctl
	Reads   []int  `json:"reads,omitempty"`   // the versions of a source's state that it can read
	Member  bool   `json:"member,omitempty"`  // it takes its share of partitions
	Ruleset string `json:"ruleset,omitempty"` // hash of what is in force
	States  string `json:"states,omitempty"`  // likewise
}

// renewals is how many of its intervals a lease outlives its last renewal: two
// may fail.
const renewals = 3

// Holds reports whether l was renewed in time.
func (l *Lease) Holds(now time.Time) bool { return now.Before(l.RenewedAt.Add(renewals * l.Every)) }

// An InForce is a rule that the holder of a lease has in force: what of it
// people are shown.
type InForce struct {
	RuleID      string
	Version     int
	Name        string
	Description string
	AppliesTo   []string
	Emits       []Emit
}

// An Emit is a technique that a rule tags with.
type Emit struct {
	Tactic     string  `json:"tactic"`
	Technique  string  `json:"technique_id"` // the most specific
	Confidence float64 `json:"confidence"`
}

// Record returns what is shown of rules.
func Record(rules []*engine.Rule) []InForce {
	record := make([]InForce, len(rules))
	for i, r := range rules {
		record[i] = inForce(r)
	}
	return record
}

func inForce(r *engine.Rule) InForce {
	f := InForce{RuleID: r.ID, Version: r.Version, Name: r.Name, Description: r.Description}
	for _, kind := range r.AppliesTo {
		f.AppliesTo = append(f.AppliesTo, kind.String())
	}
	for _, e := range r.Emits {
		f.Emits = append(f.Emits, Emit{Tactic: e.Tactic, Technique: cmp.Or(e.SubTechnique, e.Technique), Confidence: e.Confidence})
	}
	return f
}

// InForceOf returns the rules that the holders of leases have in force, in id
// order. Where they differ, the highest version stands for the rule.
func InForceOf(leases []Lease) []InForce {
	var all []InForce
	for _, l := range leases {
		all = append(all, l.Rules...)
	}
	sorting.By(all, func(a, b InForce) int {
		return cmp.Or(strings.Compare(a.RuleID, b.RuleID), cmp.Compare(b.Version, a.Version))
	})
	return slices.CompactFunc(all, func(a, b InForce) bool { return a.RuleID == b.RuleID })
}
