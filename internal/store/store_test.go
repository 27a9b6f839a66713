package store

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ttpctl/internal/event"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(runChild(role, os.Args[len(os.Args)-1]))
	}
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of these tests; on a busy machine it is long.
const patience = 20 * time.Second

// next returns the next change of sub.
func next[C any](t *testing.T, sub *Subscription[C]) C {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := sub.Next(ctx)
	if err != nil {
		t.Fatalf("Next() error = %v, want a change", err)
	}
	return c
}

// wantQuiet fails when sub has a change within d.
func wantQuiet[C any](t *testing.T, sub *Subscription[C], d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if c, err := sub.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Next() = %v, %v, want nothing within %v", c, err, d)
	}
}

// eventually polls ok until it holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

type engineState = event.State

const (
	enabled  = event.Enabled
	disabled = event.Disabled
)
