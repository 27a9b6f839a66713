package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// scriptedLeases notes what is asked of it and fails when told to.
type scriptedLeases struct {
	renewed []Lease
	at      []time.Duration
	start   time.Time
	live    bool

	mu   sync.Mutex
	fail error
}

func (s *scriptedLeases) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *scriptedLeases) Renew(_ context.Context, l Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.renewed, s.at, s.live = append(s.renewed, l), append(s.at, time.Since(s.start)), true
	return nil
}

func (s *scriptedLeases) Release(context.Context, string) error {
	s.live = false
	return nil
}

func (s *scriptedLeases) Live(context.Context) ([]Lease, error) { return nil, nil }
func (s *scriptedLeases) All(context.Context) ([]Lease, error)  { return nil, nil }

// A lease is renewed at its interval; rules are recorded when they change, and
// again after a failure, since the database may be another one then.
func TestHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scriptedLeases{start: time.Now()}
		var told []Notice
		h := Hold(s, Lease{ID: "a", Every: 5 * time.Second}, func(n Notice) { told = append(told, n) })
		synctest.Wait()
		h.Record([]InForce{{RuleID: "R0001"}})
		synctest.Wait()
		time.Sleep(12 * time.Second)
		s.failWith(errors.New("locked"))
		time.Sleep(10 * time.Second)
		s.failWith(nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		h.Record([]InForce{{RuleID: "R0002"}})
		if err := h.Close(); err != nil || s.live {
			t.Errorf("Close() = %v, the lease holds: %v, want it released", err, s.live)
		}
		// The last record may or may not be made before the end.
		var recorded []string
		for _, l := range s.renewed[:5] {
			id := "-"
			if l.Rules != nil {
				id = l.Rules[0].RuleID
			}
			recorded = append(recorded, id)
		}
		if want := []string{"-", "R0001", "-", "-", "R0001"}; !slices.Equal(recorded, want) {
			t.Errorf("recorded %v, want %v", recorded, want)
		}
		if want := []time.Duration{0, 0, 5 * time.Second, 10 * time.Second, 25 * time.Second}; !slices.Equal(s.at[:5], want) {
			t.Errorf("renewed at %v, want %v", s.at, want)
		}
		if len(told) != 2 || told[0].Err == nil || told[1].Err != nil {
			t.Errorf("notices = %v, want the failure once, and its end", told)
		}
	})
}
