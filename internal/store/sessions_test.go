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
		f, begun := &forgetter{}, time.Now()
		var told []error
		done := make(chan struct{})
		go func() {
			defer close(done)
			ForgetSessions(ctx, f, 2, time.Now, func(n Notice) { told = append(told, n.Err) })
		}()
		time.Sleep(25 * time.Minute)
		stop()
		<-done
		if len(f.cutoffs) != 3 || len(told) != 2 || told[0] == nil || told[1] != nil {
			t.Fatalf("%d looks, told %v, want 3, that the first failed and that the second did not", len(f.cutoffs), told)
		}
		for i, got := range f.cutoffs {
			if want := begun.Add(time.Duration(i)*forgetEvery).AddDate(0, 0, -2); !got.Equal(want) {
				t.Errorf("look %d is for what is older than %v, want %v", i, got, want)
			}
		}
	})
}
