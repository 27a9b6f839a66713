package engine

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"ttpctl/internal/event"
)

// A Snapshot is what is in force at one moment: a ruleset and the operator's
// states. It is immutable and safe for concurrent use; evaluation is a
// function of (snapshot, event, now).
type Snapshot struct {
	ruleset   *Ruleset
	states    event.States
	effective []effectiveState // by rule
	memo      *memo            // of what was judged under it; nil = nothing is remembered
}

// An effectiveState is one rule's state in the form that evaluation reads.
type effectiveState struct {
	off     bool
	ceiling float64   // 1 unless clipped
	expires time.Time // zero = never
}

// NewSnapshot joins rs with the states in effect at now: one that has expired
// by then counts as enabled. States of rules that rs lacks wait for their
// rule. It keeps states, which must not change afterwards.
func NewSnapshot(rs *Ruleset, states event.States, now time.Time) *Snapshot {
	rs.makeIndex()
	s := &Snapshot{ruleset: rs, states: inEffect(states, now), memo: &memo{}}
	s.effective = make([]effectiveState, len(rs.rules))
	for i, r := range rs.rules {
		s.effective[i] = effective(s.states[r.ID])
	}
	return s
}

// inEffect returns the states that are in effect at now, enabled ones left
// out.
func inEffect(states event.States, now time.Time) event.States {
	out := make(event.States, len(states))
	for id, st := range states {
		if st = st.At(now); st.Mode != event.Enabled {
			out[id] = st
		}
	}
	return out
}

func effective(st event.State) effectiveState {
	e := effectiveState{off: st.Mode == event.Disabled, ceiling: 1, expires: st.ExpiresAt}
	if st.Mode == event.Clipped {
		e.ceiling = st.Max
	}
	return e
}

// WithStates returns a snapshot of the same ruleset under other states. It
// looks at the rules that have a state, or had one, and at no others.
func (s *Snapshot) WithStates(states event.States, now time.Time) *Snapshot {
	out := &Snapshot{ruleset: s.ruleset, states: inEffect(states, now), effective: slices.Clone(s.effective), memo: &memo{}}
	for _, some := range []event.States{s.states, out.states} {
		for id := range some {
			if i, ok := s.ruleset.find(id); ok {
				out.effective[i] = effective(out.states[id])
			}
		}
	}
	return out
}

// Ruleset returns the rules of the snapshot.
func (s *Snapshot) Ruleset() *Ruleset { return s.ruleset }

// States returns the states of the rules that are not enabled.
func (s *Snapshot) States() event.States { return maps.Clone(s.states) }

// StateHash returns the hash of the states of the rules that are not enabled
// and that the ruleset holds.
func (s *Snapshot) StateHash() string {
	known := event.States{}
	for id, st := range s.states {
		if s.ruleset.Rule(id) != nil {
			known[id] = st
		}
	}
	return known.Hash()
}

// An Engine holds the snapshot in force. Swap and Snapshot are safe for
// concurrent use; events in flight finish on the snapshot they began with.
type Engine struct{ current atomic.Pointer[Snapshot] }

// NewEngine returns an engine with s in force.
func NewEngine(s *Snapshot) *Engine {
	e := &Engine{}
	e.Swap(s)
	return e
}

// Swap puts s in force, whole.
func (e *Engine) Swap(s *Snapshot) { e.current.Store(s) }

// Snapshot returns the snapshot in force.
func (e *Engine) Snapshot() *Snapshot { return e.current.Load() }
