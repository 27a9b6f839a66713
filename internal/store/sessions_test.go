package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A forgetter is asked to forget, and cannot at first.
type forgetter struct {
	Sessions
	cutoffs []time.Time
}

func (f *forgetter) PruneOlderThan(_ context.Context, cutoff time.Time) (int, error) {
	if f.cutoffs = append(f.cutoffs, cutoff); len(f.cutoffs) == 1 {
		return 0, errors.New("locked")
	}
	return 1, nil
}

// Sessions are forgotten at once and every ten minutes, whatever came of the look
// before.
func TestForgetSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		f, begun, failed := &forgetter{}, time.Now(), 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			ForgetSessions(ctx, f, time.Hour, time.Now, func(err error) {
				if err != nil {
					failed++
				}
			})
		}()
		time.Sleep(25 * time.Minute)
		stop()
		<-done
		if len(f.cutoffs) != 3 || failed != 1 {
			t.Fatalf("%d looks, of which %d failed, want 3 and 1", len(f.cutoffs), failed)
		}
		for i, got := range f.cutoffs {
			if want := begun.Add(time.Duration(i)*forgetEvery - time.Hour); !got.Equal(want) {
				t.Errorf("look %d is for what is older than %v, want %v", i, got, want)
			}
		}
	})
}
