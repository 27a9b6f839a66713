package store

import (
	"context"

	"ttpctl/internal/event"
)

// An Outcome is what became of one rule that was to have a state.
type Outcome struct {
	RuleID  string
	State   event.State
	Changed bool // false: it is as asked for already
}

// Outcomes returns what becomes of rules that are to have st. A rule that is
// enabled, and was before, stays without a state.
func Outcomes(before event.States, ids []string, st event.State) (all []Outcome) {
	for _, id := range ids {
		all = append(all, Outcome{id, st, st.Mode != event.Enabled || before[id].Mode != event.Enabled})
	}
	return all
}

// SetStates stores st for each rule that it changes, and returns those that were
// reached: with an error, the ones before it.
func SetStates(ctx context.Context, to StateStore, before event.States, ids []string, st event.State) ([]Outcome, error) {
	all := Outcomes(before, ids, st)
	for i, o := range all {
		if !o.Changed {
			continue
		}
		if err := to.SetState(ctx, o.RuleID, st); err != nil {
			return all[:i], err
		}
	}
	return all, nil
}
