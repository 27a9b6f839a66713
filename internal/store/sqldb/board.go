package sqldb

import (
	"context"
	"strings"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// A Board is what a process knows of the definitions and states in a database,
// with the subscriptions to their changes. Its owner holds a lock around every
// call.
type Board struct {
	Rev     int64           // of ttp_change, read up to
	defined map[string]bool // ids of the rules
	current map[string]store.StateChange
	rules   store.Hub[store.RuleChange]
	states  store.Hub[store.StateChange]
}

// Load reads all of a database in tx, and publishes how it differs from what was
// known before.
func (b *Board) Load(ctx context.Context, tx *Tx, now time.Time) error {
	var rev int64
	if err := tx.Row(ctx, LastRevision).Scan(&rev); err != nil {
		return err
	}
	states, err := ReadStates(ctx, tx)
	if err != nil {
		return err
	}
	rules, err := ReadRules(ctx, tx, AllRules)
	if err != nil {
		return err
	}
	b.Rev = rev
	b.reset(states, rules, now)
	return nil
}

// reset takes over what a database holds, and publishes how it differs from the
// one before.
func (b *Board) reset(states map[string]store.StateChange, rules []store.StoredRule, now time.Time) {
	defined := map[string]bool{}
	for _, r := range rules {
		defined[r.ID] = true
		src := r.Source()
		b.rules.Publish(src.Name, store.RuleChange{Op: store.Put, Source: src}, false)
	}
	for id := range b.defined {
		if name := store.SourceName(id); !defined[id] {
			b.rules.Publish(name, store.RuleChange{Op: store.Delete, Source: engine.Source{Name: name}}, true)
		}
	}
	for id, c := range states {
		if b.current[id] != c {
			b.states.Publish(id, c, false)
		}
	}
	for id := range b.current {
		if _, ok := states[id]; !ok {
			reason := "the database was replaced by one that says nothing of the rule"
			b.states.Publish(id, store.StateChange{RuleID: id, State: event.State{Reason: reason, SetAt: store.Instant(now)}}, false)
		}
	}
	b.defined, b.current = defined, states
}

// Apply publishes what changed.
func (b *Board) Apply(n News) {
	b.Rev = n.rev
	for _, c := range n.rules {
		b.note(c)
		b.rules.Publish(c.Source.Name, c, c.Op == store.Delete)
	}
	for _, c := range n.states {
		b.Set(c)
	}
}

// Set publishes a change of a state.
func (b *Board) Set(c store.StateChange) {
	b.current[c.RuleID] = c
	b.states.Publish(c.RuleID, c, false)
}

// Revision returns that of a rule's state.
func (b *Board) Revision(ruleID string) int64 { return b.current[ruleID].Revision }

// note keeps b.defined up to date.
func (b *Board) note(c store.RuleChange) {
	id := strings.TrimSuffix(c.Source.Name, store.SourceName(""))
	if c.Op == store.Delete {
		delete(b.defined, id)
	} else {
		b.defined[id] = true
	}
}

// Expired returns the states that have expired at now.
func (b *Board) Expired(now time.Time) (due []store.StateChange) {
	for _, c := range b.current {
		if c.State.Expired(now) {
			due = append(due, c)
		}
	}
	return due
}

// SubscribeRules adds a subscription whose owner knows rules.
func (b *Board) SubscribeRules(rules []store.StoredRule) (*store.Subscription[store.RuleChange], error) {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = store.SourceName(r.ID)
	}
	return b.rules.Subscribe(names)
}

// SubscribeStates returns the states in effect and a subscription.
func (b *Board) SubscribeStates(now time.Time) (event.States, *store.Subscription[store.StateChange], error) {
	sub, err := b.states.Subscribe(nil)
	return store.InEffect(b.current, now), sub, err
}

// Close ends the subscriptions.
func (b *Board) Close() {
	b.rules.Close()
	b.states.Close()
}

// News is what changed after some revision: of each rule, what is stored now.
type News struct {
	rev    int64
	rules  []store.RuleChange
	states []store.StateChange
}

// ReadNews returns what changed after a revision.
func ReadNews(ctx context.Context, tx *Tx, after int64) (News, error) {
	type subject struct{ ruleID, plane string }
	n := News{rev: after}
	var order []subject
	last := map[subject]int64{} // its last change
	err := tx.Query(ctx, func(rows *Rows) error {
		var s subject
		if err := rows.Scan(&n.rev, &s.ruleID, &s.plane); err != nil {
			return err
		}
		if last[s] == 0 {
			order = append(order, s)
		}
		last[s] = n.rev
		return nil
	}, sqlChanges, after)
	if err != nil {
		return n, err
	}
	for _, s := range order {
		if s.plane == definition {
			c, err := ruleNow(ctx, tx, s.ruleID)
			if err != nil {
				return n, err
			}
			c.Rev = last[s]
			n.rules = append(n.rules, c)
			continue
		}
		c, err := readState(ctx, tx, s.ruleID)
		if err != nil {
			return n, err
		}
		n.states = append(n.states, c)
	}
	return n, nil
}

func ruleNow(ctx context.Context, tx *Tx, ruleID string) (store.RuleChange, error) {
	rules, err := ReadRules(ctx, tx, sqlRule, ruleID)
	if err != nil || len(rules) == 0 {
		return store.RuleChange{Op: store.Delete, Source: engine.Source{Name: store.SourceName(ruleID)}}, err
	}
	return store.RuleChange{Op: store.Put, Source: rules[0].Source()}, nil
}
