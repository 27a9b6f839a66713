package main

import (
	"context"
	"crypto/rand"
	"os"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
	"ttpctl/internal/worker"
)

// leaseEvery is the time between two renewals of serve's lease: one that was
// killed is taken for running for three times as long.
const leaseEvery = 5 * time.Second

// holdLease says in db, until it is closed, that this process follows it.
func holdLease(what string, db store.Database, s *streams) *store.Holder {
	host, _ := os.Hostname() // "" = nobody knows
	l := store.Lease{ID: rand.Text(), What: what, PID: os.Getpid(), Host: host, Since: s.now(), Every: leaseEvery}
	l.Worker = store.Worker{Version: readBuild().Version, Reads: worker.StateVersions()}
	return store.Hold(db.Leases(), l, func(n store.Notice) { logNotice(s, n) })
}

// recordOf returns what ttpctl rule shows of rs.
func recordOf(rs *engine.Ruleset) []store.InForce { return store.Record(rs.Rules()) }

// followers returns the processes that follow the states in db; nil db has
// none.
func followers(ctx context.Context, db store.Database) ([]store.Lease, error) {
	if db == nil {
		return nil, nil
	}
	return db.Leases().Live(ctx)
}
