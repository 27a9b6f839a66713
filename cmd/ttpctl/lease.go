package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// leaseEvery is the time between two renewals of serve's lease: one that was
// killed is taken for running for three times as long.
const leaseEvery = 5 * time.Second

// holdLease says in db, until it is closed, that this process follows it.
func holdLease(what string, db *sqlite.DB, s *streams) *store.Holder {
	host, _ := os.Hostname() // "" = nobody knows
	l := store.Lease{ID: rand.Text(), What: what, PID: os.Getpid(), Host: host, Since: s.now(), Every: leaseEvery}
	return store.Hold(db.Leases(), l, func(n store.Notice) { logNotice(s, n) })
}

// recordOf returns what ttpctl rule shows of rs.
func recordOf(rs *engine.Ruleset) []store.InForce {
	record := make([]store.InForce, len(rs.Rules()))
	for i, r := range rs.Rules() {
		record[i] = inForceOf(r)
	}
	return record
}

func inForceOf(r *engine.Rule) store.InForce {
	f := store.InForce{RuleID: r.ID, Version: r.Version, Name: r.Name, Description: r.Description}
	for _, kind := range r.AppliesTo {
		f.AppliesTo = append(f.AppliesTo, kind.String())
	}
	for _, e := range r.Emits {
		f.Emits = append(f.Emits, store.Emit{Tactic: e.Tactic, Technique: cmp.Or(e.SubTechnique, e.Technique), Confidence: e.Confidence})
	}
	return f
}

// followers returns the processes that follow the states in db; nil db has
// none.
func followers(ctx context.Context, db *sqlite.DB) ([]store.Lease, error) {
	if db == nil {
		return nil, nil
	}
	return db.Leases().Live(ctx)
}

// leaseText returns `serve, pid 4711, since 09:12`.
func leaseText(l *store.Lease, now time.Time) string {
	since := l.Since.UTC().Format("2006-01-02 15:04 UTC")
	if l.Since.UTC().Format(time.DateOnly) == now.UTC().Format(time.DateOnly) {
		since = l.Since.UTC().Format("15:04 UTC")
	}
	text := fmt.Sprintf("%s, pid %d", l.What, l.PID)
	if host, err := os.Hostname(); err != nil || host != l.Host {
		text += " on " + l.Host
	}
	return text + ", since " + since
}

func leaseTexts(leases []store.Lease, now time.Time) string {
	texts := make([]string, len(leases))
	for i := range leases {
		texts[i] = leaseText(&leases[i], now)
	}
	return strings.Join(texts, "; ")
}

// A jsonFollower is a process that follows a database.
type jsonFollower struct {
	What  string  `json:"what"`
	PID   int     `json:"pid"`
	Host  string  `json:"host"`
	Since *string `json:"since"`
}

func jsonFollowers(leases []store.Lease) []jsonFollower {
	all := []jsonFollower{}
	for _, l := range leases {
		all = append(all, jsonFollower{l.What, l.PID, l.Host, rfc3339(l.Since)})
	}
	return all
}
