// Package storetest holds the suites that every implementation of the contracts
// of [store] passes, and what its tests have in common.
//
// A test of an implementation says how a fresh one is made; the suite does the
// rest:
//
//	storetest.StateStore(t, func(t *testing.T) storetest.StateFixture { ... })
package storetest

import (
	"context"
	"errors"
	"flag"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
)

// Patience bounds every wait of a test; on a busy machine it is long.
const Patience = 20 * time.Second

// Next returns the next change of sub.
func Next[C any](t *testing.T, sub *store.Subscription[C]) C {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	c, err := sub.Next(ctx)
	if err != nil {
		t.Fatalf("Next() error = %v, want a change", err)
	}
	return c
}

// Quiet fails when sub has a change within d.
func Quiet[C any](t *testing.T, sub *store.Subscription[C], d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if c, err := sub.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Next() = %v, %v, want nothing within %v", c, err, d)
	}
}

// Eventually polls ok until it holds.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", Patience, what)
		}
	}
}

// A Clock runs as the machine's does and can be set forward. It is safe for
// concurrent use.
type Clock struct{ ahead atomic.Int64 }

// Now returns the time by c.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance sets c forward.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// ReportLatency reports the median and the 99th percentile of ds.
func ReportLatency(b *testing.B, ds []time.Duration) {
	slices.Sort(ds)
	b.ReportMetric(float64(ds[len(ds)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(ds[len(ds)*99/100].Microseconds())/1000, "p99-ms")
}

// Main runs the tests of a package that keeps to the suites, and fails when
// goroutines are left. These tests wait far more than they compute: many of
// them at once take no longer than the slowest.
func Main(m *testing.M) { MainOf(m, 16) }

// MainOf is Main with so many tests at once.
func MainOf(m *testing.M, atOnce int) {
	rounds.InMemory()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		panic(err) // the testing package has renamed its flag
	}
	goleak.VerifyTestMain(m)
}
