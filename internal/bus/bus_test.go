package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// waiting returns the subjects of what is in the mailbox.
func waiting(t *testing.T, s *Subscription) (subjects []string) {
	t.Helper()
	for {
		e, ok, err := s.take()
		if err != nil || !ok {
			return subjects
		}
		subjects = append(subjects, e.Subject)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"ttp.tagged", "ttp.tagged", true}, {"ttp.tagged", "ttp.tagged.x", false}, {"ttp.tagged", "ttp", false},
		{"ttp.*", "ttp.tagged", true}, {"ttp.*", "ttp.rule.fired", false}, {"*.*", "ttp.tagged", true},
		{"ttp.>", "ttp.rule.fired.T1110", true}, {"ttp.>", "ttp", false}, {">", "ttp", true}, {"ttp.>.x", "ttp.a.x", false},
		{"ttp.rule.*.T1110", "ttp.rule.fired.T1110", true}, {"canary.>", "ttp.tagged", false}, {"", "ttp", false},
	} {
		bus := &Bus{}
		s := bus.Subscribe(c.pattern)
		bus.Publish(c.subject, nil)
		if got := len(waiting(t, s)) == 1; got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.subject, got, c.want)
		}
	}
}

// A subscriber that takes nothing holds up nobody; the oldest of its mailbox go
// and are counted.
func TestSlowSubscriber(t *testing.T) {
	bus := &Bus{}
	slow := bus.Subscribe("n.*")
	const n = 3*mailboxSize + 5
	for i := range n {
		bus.Publish(fmt.Sprint("n.", i), nil)
	}
	if got := slow.Lost(); got != n-mailboxSize {
		t.Errorf("Lost() = %d, want %d", got, n-mailboxSize)
	}
	if e, err := slow.Next(t.Context()); err != nil || e.Subject != fmt.Sprint("n.", n-mailboxSize) {
		t.Errorf("Next() = %v, %v, want the oldest that is left", e, err)
	}
}

// Every Next that waits is woken, by an envelope or by the end.
func TestBusEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &Bus{}
		s, left := bus.Subscribe("a"), bus.Subscribe("a")
		left.Close()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var ends []error
		for range 3 {
			wg.Go(func() {
				for {
					if _, err := s.Next(t.Context()); err != nil {
						mu.Lock()
						defer mu.Unlock()
						ends = append(ends, err)
						return
					}
				}
			})
		}
		bus.Publish("a", []byte("1"))
		synctest.Wait()
		bus.Close()
		wg.Wait()
		for _, err := range ends {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("Next() error = %v, want %v", err, ErrClosed)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := left.Next(ctx); !errors.Is(err, ErrClosed) {
			t.Errorf("Next() of a closed subscription: %v, want %v", err, ErrClosed)
		}
		if _, err := bus.Subscribe("a").Next(ctx); !errors.Is(err, ErrClosed) {
			t.Errorf("Next() on a closed bus: %v, want %v", err, ErrClosed)
		}
		open := (&Bus{}).Subscribe("a")
		if _, err := open.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next() = %v, want %v", err, context.DeadlineExceeded)
		}
	})
}
