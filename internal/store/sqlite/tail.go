package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const (
	// tailPoll is the time between two looks at ttp_change.
	tailPoll = 200 * time.Millisecond
	// expiryPoll is the time between two looks at the clock.
	expiryPoll = 200 * time.Millisecond
)

// A tail follows the changes that any process makes and gives them to the
// subscriptions of this one. It starts with the first subscription. Reverting
// expired states is a goroutine of its own, so that waiting for the write lock
// holds up no news. It is safe for concurrent use.
type tail struct {
	db      *DB
	notices *store.Notices
	stop    context.CancelFunc
	ctx     context.Context // of the goroutines
	wg      sync.WaitGroup
	wake    chan struct{} // something was written here

	mu      sync.Mutex // held while changes are read and published
	closed  bool
	conn    *sql.Conn // pinned: data_version compares one connection with all others; nil = none
	version int64     // data_version at the last reading
	rev     int64     // of ttp_change, read up to
	started bool
	defined map[string]bool // ids of the rules
	current map[string]store.StateChange
	rules   store.Hub[store.RuleChange]
	states  store.Hub[store.StateChange]
}

func newTail(db *DB, notify func(store.Notice)) *tail {
	ctx, stop := context.WithCancel(context.Background())
	return &tail{db: db, notices: &store.Notices{Notify: notify}, ctx: ctx, stop: stop, wake: make(chan struct{}, 1)}
}

func (t *tail) watchRules(ctx context.Context) (rules []store.StoredRule, sub *store.Subscription[store.RuleChange], err error) {
	err = t.join(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rules, err = readRules(ctx, tx, sqlRules)
		return err
	}, func() error {
		names := make([]string, len(rules))
		for i, r := range rules {
			names[i] = store.SourceName(r.ID)
		}
		sub, err = t.rules.Subscribe(names)
		return err
	})
	return rules, sub, err
}

func (t *tail) watchStates(ctx context.Context) (states event.States, sub *store.Subscription[store.StateChange], err error) {
	err = t.join(ctx, nil, func() error {
		states = store.InEffect(t.current, t.db.now())
		sub, err = t.states.Subscribe(nil)
		return err
	})
	return states, sub, err
}

// join brings the tail up to date and adds a subscription at that point: load
// reads in the same transaction, and nothing is published before subscribe has
// returned.
func (t *tail) join(ctx context.Context, load func(context.Context, *sql.Tx) error, subscribe func() error) error {
	if err := t.db.ensure(ctx); err != nil {
		return fail(t.db.path, "following the database", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return store.ErrClosed
	}
	if err := t.startLocked(ctx); err != nil {
		return fail(t.db.path, "following the database", err)
	}
	if err := t.readLocked(ctx, load); err != nil {
		return fail(t.db.path, "following the database", err)
	}
	return subscribe()
}

func (t *tail) startLocked(ctx context.Context) error {
	if err := t.connectLocked(ctx); err != nil || t.started {
		return err
	}
	t.started = true
	t.wg.Go(func() { t.follow(t.ctx) })
	t.wg.Go(func() { t.expire(t.ctx) })
	return nil
}

// connectLocked pins a connection when none is pinned. A second connection is
// one to another database: the differences are published.
func (t *tail) connectLocked(ctx context.Context) error {
	if t.conn != nil {
		return nil
	}
	t.db.pools.RLock()
	defer t.db.pools.RUnlock()
	if t.db.reader == nil {
		return t.db.absent()
	}
	conn, err := t.db.reader.Conn(ctx)
	if err != nil {
		return err
	}
	if err := t.beginLocked(ctx, conn); err != nil {
		conn.Close()
		return err
	}
	t.conn = conn
	return nil
}

// beginLocked notes where the tail starts.
func (t *tail) beginLocked(ctx context.Context, conn *sql.Conn) error {
	if err := conn.QueryRowContext(ctx, sqlDataVersion).Scan(&t.version); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := tx.QueryRowContext(ctx, sqlLastRevision).Scan(&t.rev); err != nil {
		return err
	}
	states, err := readStates(ctx, tx)
	if err != nil {
		return err
	}
	rules, err := readRules(ctx, tx, sqlRules)
	if err != nil {
		return err
	}
	t.resetLocked(states, rules)
	return nil
}

// resetLocked takes over what a database holds, and publishes how it differs
// from the one before.
func (t *tail) resetLocked(states map[string]store.StateChange, rules []store.StoredRule) {
	defined := map[string]bool{}
	for _, r := range rules {
		defined[r.ID] = true
		src := r.Source()
		t.rules.Publish(src.Name, store.RuleChange{Op: store.Put, Source: src}, false)
	}
	for id := range t.defined {
		if name := store.SourceName(id); !defined[id] {
			t.rules.Publish(name, store.RuleChange{Op: store.Delete, Source: engine.Source{Name: name}}, true)
		}
	}
	for id, c := range states {
		if t.current[id] != c {
			t.states.Publish(id, c, false)
		}
	}
	for id := range t.current {
		if _, ok := states[id]; !ok {
			reason := "the database was replaced by one that says nothing of the rule"
			t.states.Publish(id, store.StateChange{RuleID: id, State: event.State{Reason: reason, SetAt: store.Instant(t.db.now())}}, false)
		}
	}
	t.defined, t.current = defined, states
}

// detachLocked lets go of the pinned connection.
func (t *tail) detachLocked() {
	if t.conn != nil {
		t.conn.Close()
		t.conn = nil
	}
}

func (t *tail) follow(ctx context.Context) {
	ticker := time.NewTicker(tailPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-t.wake:
		case <-ctx.Done():
			return
		}
		err := t.poll(ctx)
		if ctx.Err() != nil {
			return
		}
		t.notices.Tell(t.db.path, fail(t.db.path, "following the database", err))
	}
}

// poll reads what changed, if anything was committed since the last time.
func (t *tail) poll(ctx context.Context) error {
	if err := t.db.ensure(ctx); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		return t.connectLocked(ctx)
	}
	var version int64
	if err := t.conn.QueryRowContext(ctx, sqlDataVersion).Scan(&version); err != nil || version == t.version {
		return err
	}
	if err := t.readLocked(ctx, nil); err != nil {
		return err
	}
	t.version = version
	return nil
}

// readLocked publishes what changed since the last time. load, if any, reads
// the same state of the database.
func (t *tail) readLocked(ctx context.Context, load func(context.Context, *sql.Tx) error) error {
	tx, err := t.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	news, err := readNews(ctx, tx, t.rev)
	if err != nil {
		return err
	}
	if load != nil {
		if err := load(ctx, tx); err != nil {
			return err
		}
	}
	t.rev = news.rev
	for _, c := range news.rules {
		t.note(c)
		t.rules.Publish(c.Source.Name, c, c.Op == store.Delete)
	}
	for _, c := range news.states {
		t.current[c.RuleID] = c
		t.states.Publish(c.RuleID, c, false)
	}
	return nil
}

// note keeps t.defined up to date.
func (t *tail) note(c store.RuleChange) {
	id := strings.TrimSuffix(c.Source.Name, store.SourceName(""))
	if c.Op == store.Delete {
		delete(t.defined, id)
	} else {
		t.defined[id] = true
	}
}

// news is what changed after some revision: of each rule, what is stored now.
type news struct {
	rev    int64
	rules  []store.RuleChange
	states []store.StateChange
}

func readNews(ctx context.Context, tx *sql.Tx, after int64) (news, error) {
	type subject struct{ ruleID, plane string }
	n := news{rev: after}
	var order []subject
	seen := map[subject]bool{}
	err := query(ctx, tx, func(rows *sql.Rows) error {
		var s subject
		if err := rows.Scan(&n.rev, &s.ruleID, &s.plane); err != nil {
			return err
		}
		if !seen[s] {
			seen[s] = true
			order = append(order, s)
		}
		return nil
	}, sqlChanges, after)
	if err != nil {
		return n, err
	}
	for _, s := range order {
		if s.plane == "definition" {
			c, err := ruleNow(ctx, tx, s.ruleID)
			if err != nil {
				return n, err
			}
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

func ruleNow(ctx context.Context, tx *sql.Tx, ruleID string) (store.RuleChange, error) {
	rules, err := readRules(ctx, tx, sqlRule, ruleID)
	if err != nil || len(rules) == 0 {
		return store.RuleChange{Op: store.Delete, Source: engine.Source{Name: store.SourceName(ruleID)}}, err
	}
	return store.RuleChange{Op: store.Put, Source: rules[0].Source()}, nil
}

// expire reverts states as they expire.
func (t *tail) expire(ctx context.Context) {
	ticker := time.NewTicker(expiryPoll)
	defer ticker.Stop()
	for {
		for _, c := range t.expired() {
			err := t.revert(ctx, c)
			if ctx.Err() != nil {
				return
			}
			t.notices.Tell(t.db.path+": expiry", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (t *tail) expired() []store.StateChange {
	t.mu.Lock()
	defer t.mu.Unlock()
	var due []store.StateChange
	now := t.db.now()
	for _, c := range t.current {
		if c.State.Expired(now) {
			due = append(due, c)
		}
	}
	return due
}

// revert ends an expired state: in the database, or, where that must not be
// written, for the subscriptions of this process.
func (t *tail) revert(ctx context.Context, c store.StateChange) error {
	if !t.db.readOnly {
		return t.db.States().revert(ctx, c)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current[c.RuleID].Revision == c.Revision {
		c = c.Revert(t.db.now())
		t.current[c.RuleID] = c
		t.states.Publish(c.RuleID, c, false)
	}
	return nil
}

// nudge makes the tail look at once.
func (t *tail) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// close ends the goroutines and the subscriptions.
func (t *tail) close() {
	t.stop()
	t.wg.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.detachLocked()
	t.rules.Close()
	t.states.Close()
}
