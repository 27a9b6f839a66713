// Package fleets says how the processes do that share a database: who works, which
// partitions each reads and how far it has come, and what each has in force.
//
// A [Status] is what the database says at one moment. Who gives no sign of life for
// three renewals of its lease, by the clock of who asks, counts as gone; workers
// themselves go by other signs (package fleet). What is wrong is spelled out in
// Problems: a partition that nobody reads, and rules or states in force that differ
// from those of the others.
//
// For example:
//
//	st, err := fleets.Ask(ctx, db, fleets.Options{Now: time.Now()})
//	if len(st.Problems) > 0 { ... }
package fleets

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/store"
)

// A Status is how a fleet does.
type Status struct {
	Workers     []Worker    `json:"workers"`
	Partitions  []Partition `json:"partitions"`
	Roles       []Role      `json:"roles"`
	DeadLetters int64       `json:"dead_letters"`
	Problems    []string    `json:"problems"`
}

// A Worker is a process that lives.
type Worker struct {
	ID          string    `json:"id"`
	What        string    `json:"what"`
	PID         int       `json:"pid"`
	Host        string    `json:"host"`
	Version     string    `json:"version"`
	Since       time.Time `json:"since"`
	RenewedAt   time.Time `json:"renewed_at"`
	StateReads  []int     `json:"state_versions"` // that it reads
	Shares      bool      `json:"shares"`         // it takes its share of partitions
	Partitions  int       `json:"partitions"`     // that it has
	Rules       int       `json:"rules"`
	Ruleset     string    `json:"ruleset_hash"`
	States      string    `json:"state_hash"`
	OtherRules  bool      `json:"ruleset_differs"` // from most others
	OtherStates bool      `json:"state_differs"`
}

// A Partition is one that was ever owned.
type Partition struct {
	Name        string     `json:"name"`
	OwnerID     string     `json:"owner_id,omitempty"` // "" = it has none
	Owner       string     `json:"owner,omitempty"`
	Alive       bool       `json:"owner_lives"`
	Terms       int64      `json:"owners"` // how many it has had
	Epoch       int64      `json:"epoch"`  // of the ledger
	CommittedAt *time.Time `json:"committed_at,omitempty"`
	Lag         *int64     `json:"lag,omitempty"` // messages; nil = nobody knows
}

// A Role is what one process does for all.
type Role struct {
	Name    string `json:"name"`
	OwnerID string `json:"owner_id,omitempty"`
	Owner   string `json:"owner,omitempty"`
	Alive   bool   `json:"owner_lives"`
	Terms   int64  `json:"owners"`
}

// Options are what Ask needs besides the database.
type Options struct {
	// Lag returns how many messages of a source lie behind a cursor of it. nil =
	// nobody knows.
	Lag func(ctx context.Context, source, cursor string) (int64, error)
}

// Ask returns how the fleet on db does.
func Ask(ctx context.Context, db store.Database, o Options) (*Status, error) {
	leases, err := db.Leases().Live(ctx)
	if err != nil {
		return nil, err
	}
	claims, err := db.Claims().All(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := db.Ledger().Sources(ctx)
	if err != nil {
		return nil, err
	}
	st := &Status{Workers: []Worker{}, Partitions: []Partition{}, Roles: []Role{}, Problems: []string{}}
	if st.DeadLetters, err = db.DeadLetters().Count(ctx); err != nil {
		return nil, err
	}
	st.workers(leases)
	if err := st.claims(ctx, claims, sources, o); err != nil {
		return nil, err
	}
	st.compare()
	return st, nil
}

func (st *Status) workers(leases []store.Lease) {
	for _, l := range leases {
		st.Workers = append(st.Workers, Worker{
			ID: l.ID, What: l.What, PID: l.PID, Host: l.Host, Version: l.Worker.Version, Since: l.Since, RenewedAt: l.RenewedAt,
			StateReads: l.Worker.Reads, Shares: l.Worker.Member, Rules: len(l.Rules), Ruleset: l.Worker.Ruleset, States: l.Worker.States,
		})
	}
}

// worker returns the worker with that id, nil = none lives.
func (st *Status) worker(id string) *Worker {
	for i := range st.Workers {
		if st.Workers[i].ID == id {
			return &st.Workers[i]
		}
	}
	return nil
}

func (st *Status) claims(ctx context.Context, claims []store.Claim, sources []store.Position, o Options) error {
	for _, c := range claims {
		owner := st.worker(c.Owner)
		if _, ok := numberOf(c.Name); !ok {
			st.Roles = append(st.Roles, Role{c.Name, c.Owner, c.Note, owner != nil, c.Epoch})
			continue
		}
		p := Partition{Name: c.Name, OwnerID: c.Owner, Owner: c.Note, Alive: owner != nil, Terms: c.Epoch}
		if owner != nil {
			owner.Partitions++
		} else if c.Owner == "" {
			st.Problems = append(st.Problems, fmt.Sprintf("partition %s has no owner", c.Name))
		} else {
			st.Problems = append(st.Problems, fmt.Sprintf("partition %s: its owner, %s, gives no sign of life", c.Name, c.Note))
		}
		cursor := ""
		if i := slices.IndexFunc(sources, func(s store.Position) bool { return s.Source == c.Name }); i >= 0 {
			s := &sources[i]
			p.Epoch, cursor = s.Epoch, s.TagsCursor
			if !s.CommittedAt.IsZero() {
				p.CommittedAt = &s.CommittedAt
			}
		}
		if o.Lag != nil {
			lag, err := o.Lag(ctx, c.Name, cursor)
			if err != nil {
				return err
			}
			p.Lag = &lag
		}
		st.Partitions = append(st.Partitions, p)
	}
	slices.SortFunc(st.Partitions, func(a, b Partition) int {
		x, _ := numberOf(a.Name)
		y, _ := numberOf(b.Name)
		return cmp.Or(strings.Compare(logOf(a.Name), logOf(b.Name)), cmp.Compare(x, y))
	})
	return nil
}

// logOf returns what a partition is one of.
func logOf(claim string) string { return claim[:strings.LastIndexByte(claim, '/')+1] }

// numberOf returns the number of the partition that a claim is for, if it is for one.
func numberOf(claim string) (n int, ok bool) {
	n, err := strconv.Atoi(claim[len(logOf(claim)):])
	return n, err == nil && logOf(claim) != ""
}

// compare finds the workers that have something else in force than most.
func (st *Status) compare() {
	rules := most(st.Workers, func(w *Worker) string { return w.Ruleset })
	states := most(st.Workers, func(w *Worker) string { return w.States })
	for i := range st.Workers {
		w := &st.Workers[i]
		w.OtherRules, w.OtherStates = w.Ruleset != "" && w.Ruleset != rules, w.States != "" && w.States != states
		if w.OtherRules {
			st.Problems = append(st.Problems, fmt.Sprintf("pid %d on %s has other rules in force than most workers", w.PID, w.Host))
		}
		if w.OtherStates {
			st.Problems = append(st.Problems, fmt.Sprintf("pid %d on %s has other rule states in force than most workers", w.PID, w.Host))
		}
	}
}

// most returns what most workers say; of several that of the first.
func most(workers []Worker, says func(*Worker) string) (best string) {
	n := map[string]int{}
	for i := range workers {
		if s := says(&workers[i]); s != "" {
			n[s]++
		}
	}
	for i := range workers {
		if s := says(&workers[i]); n[s] > n[best] {
			best = s
		}
	}
	return best
}
