package store

import (
	"context"
	"errors"
	"time"

	"ttpctl/internal/event"
)

// A StateStore holds what the operator allows each rule to do. It is safe for
// concurrent use. A state that has expired is enabled for every reader, and is
// reverted within a second by a store that someone watches: one StateChange,
// however many processes share the store.
type StateStore interface {
	// State returns the state in effect of one rule: the zero State for a
	// rule that has none.
	State(ctx context.Context, ruleID string) (event.State, error)
	// SetState stores st; SetAt is the store's clock. The change is durable
	// when SetState returns nil, and did not happen when it returns an error.
	SetState(ctx context.Context, ruleID string, st event.State) error
	// Last returns the last change of one rule, whether its state has expired or
	// not; that of a rule without one has revision 0.
	Last(ctx context.Context, ruleID string) (StateChange, error)
	// SetStateAfter is SetState if the last change of the rule is still the one of
	// revision; otherwise nothing is stored and it is ErrRevision.
	SetStateAfter(ctx context.Context, ruleID string, revision int64, st event.State) error
	// History returns the changes of one rule, newest first; of all rules
	// for "".
	History(ctx context.Context, ruleID string) ([]StateChange, error)
	// Watch returns the states in effect and the subscription to every
	// change after them. ctx bounds the call only.
	Watch(ctx context.Context) (event.States, *Subscription[StateChange], error)
}

// ErrRevision is the error of a change that was made for another state than the
// rule has by now.
var ErrRevision = errors.New("the state was changed meanwhile")

// A StateChange is one change of one rule's state: State says who (SetBy),
// when (SetAt) and why (Reason). Revision counts the changes of the rule,
// from 1.
type StateChange struct {
	RuleID   string
	Revision int64
	State    event.State
}

// ExpiredBy is the SetBy of the change that reverts an expired state.
const ExpiredBy = "expiry"

// Revert returns the change that follows c when its state has expired.
func (c StateChange) Revert(now time.Time) StateChange {
	reason := c.State.Mode.String() + " until " + c.State.ExpiresAt.Format(time.RFC3339)
	if c.State.Reason != "" {
		reason += ": " + c.State.Reason
	}
	return StateChange{
		RuleID:   c.RuleID,
		Revision: c.Revision + 1,
		State:    event.State{Reason: reason, SetBy: ExpiredBy, SetAt: Instant(now)},
	}
}

// PrepareState checks what SetState is given and brings it into stored form.
func PrepareState(ruleID string, st event.State, now time.Time) (event.State, error) {
	if ruleID == "" {
		return st, errors.New("state of a rule without an id")
	}
	if err := st.Validate(); err != nil {
		return st, err
	}
	st.SetAt = Instant(now)
	if !st.ExpiresAt.IsZero() {
		st.ExpiresAt = Instant(st.ExpiresAt)
	}
	return st, nil
}

// Instant returns t as stores keep it: UTC, whole milliseconds.
func Instant(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// nextExpiry returns the earliest expiry among changes; ok is false when none
// expires.
func nextExpiry(changes map[string]StateChange) (at time.Time, ok bool) {
	for _, c := range changes {
		if e := c.State.ExpiresAt; !e.IsZero() && (!ok || e.Before(at)) {
			at, ok = e, true
		}
	}
	return at, ok
}

// InEffect returns the states of changes that have not expired at now.
func InEffect(changes map[string]StateChange, now time.Time) event.States {
	states := make(event.States, len(changes))
	for id, c := range changes {
		if !c.State.Expired(now) {
			states[id] = c.State
		}
	}
	return states
}
