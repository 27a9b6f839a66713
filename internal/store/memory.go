package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/event"
)

// expiryCheck is the longest time between two looks at the clock while a state
// waits for its expiry. Timers follow the monotonic clock and expiries the wall
// clock: after a step of the wall clock a longer timer would come too late.
const expiryCheck = time.Second

// MemoryStates is a StateStore that ends with the process. A goroutine reverts
// expired states until Close.
type MemoryStates struct {
	now  func() time.Time
	hub  Hub[StateChange]
	wake chan struct{} // the next expiry may have come nearer
	stop context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	current map[string]StateChange
	log     []StateChange
}

// NewMemoryStates returns an empty store that goes by the clock now.
func NewMemoryStates(now func() time.Time) *MemoryStates {
	ctx, stop := context.WithCancel(context.Background())
	m := &MemoryStates{
		now:     now,
		wake:    make(chan struct{}, 1),
		stop:    stop,
		done:    make(chan struct{}),
		current: map[string]StateChange{},
	}
	go m.expire(ctx)
	return m
}

// State implements StateStore.
func (m *MemoryStates) State(ctx context.Context, ruleID string) (event.State, error) {
	if err := ctx.Err(); err != nil {
		return event.State{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current[ruleID].State.At(m.now()), nil
}

// SetState implements StateStore.
func (m *MemoryStates) SetState(ctx context.Context, ruleID string, st event.State) error {
	return m.set(ctx, ruleID, st, func(int64) error { return nil })
}

// SetStateAfter implements StateStore.
func (m *MemoryStates) SetStateAfter(ctx context.Context, ruleID string, revision int64, st event.State) error {
	return m.set(ctx, ruleID, st, func(last int64) error { return CheckRevision(last, revision) })
}

// CheckRevision is ErrRevision unless the last change of a rule is the one that
// was meant.
func CheckRevision(last, meant int64) error {
	if last != meant {
		return ErrRevision
	}
	return nil
}

// Last implements StateStore.
func (m *MemoryStates) Last(ctx context.Context, ruleID string) (StateChange, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.current[ruleID]
	c.RuleID = ruleID
	return c, ctx.Err()
}

// set stores st if check agrees to the revision of the last change.
func (m *MemoryStates) set(ctx context.Context, ruleID string, st event.State, check func(last int64) error) error {
	st, err := PrepareState(ruleID, st, m.now())
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.current[ruleID].Revision
	if err := check(last); err != nil {
		return err
	}
	m.applyLocked(StateChange{ruleID, last + 1, st})
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return nil
}

func (m *MemoryStates) applyLocked(c StateChange) {
	m.current[c.RuleID] = c
	m.log = append(m.log, c)
	m.hub.Publish(c.RuleID, c, false)
}

// History implements StateStore.
func (m *MemoryStates) History(ctx context.Context, ruleID string) ([]StateChange, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var h []StateChange
	for _, c := range slices.Backward(m.log) {
		if ruleID == "" || c.RuleID == ruleID {
			h = append(h, c)
		}
	}
	return h, nil
}

// Watch implements StateStore.
func (m *MemoryStates) Watch(ctx context.Context) (event.States, *Subscription[StateChange], error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	sub, err := m.hub.Subscribe(nil)
	if err != nil {
		return nil, nil, err
	}
	return InEffect(m.current, m.now()), sub, nil
}

// Close stops the expiry and ends the subscriptions.
func (m *MemoryStates) Close() error {
	m.stop()
	<-m.done
	m.hub.Close()
	return nil
}

func (m *MemoryStates) expire(ctx context.Context) {
	defer close(m.done)
	for {
		var timer <-chan time.Time
		if wait, ok := m.revertDue(); ok {
			timer = time.After(wait)
		}
		select {
		case <-timer:
		case <-m.wake:
		case <-ctx.Done():
			return
		}
	}
}

// revertDue reverts what has expired and returns how long to wait before it is
// called again; ok is false when nothing is left to expire.
func (m *MemoryStates) revertDue() (wait time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for _, id := range slices.Sorted(maps.Keys(m.current)) {
		if c := m.current[id]; c.State.Expired(now) {
			m.applyLocked(c.Revert(now))
		}
	}
	at, ok := nextExpiry(m.current)
	return min(at.Sub(now), expiryCheck), ok
}
