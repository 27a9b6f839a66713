package sqldb

import (
	"context"
	"sync"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const (
	// tailPoll is the time between two looks at ttp_change. A hint makes it look
	// at once; to miss one costs a poll.
	tailPoll = 200 * time.Millisecond
	// hintPause is the time between two attempts to be given hints.
	hintPause = 5 * time.Second
)

// A tail follows the changes that any process makes and gives them to the
// subscriptions of this one. It starts with the first subscription. It is safe
// for concurrent use.
type tail struct {
	db      *DB
	notices *store.Notices
	stop    context.CancelFunc
	ctx     context.Context // of the goroutines
	wg      sync.WaitGroup
	wake    chan struct{} // something may have been written

	mu      sync.Mutex // held while changes are read and published
	closed  bool
	started bool
	board   Board
}

func newTail(db *DB, notify func(store.Notice)) *tail {
	ctx, stop := context.WithCancel(context.Background())
	return &tail{db: db, notices: &store.Notices{Notify: notify}, ctx: ctx, stop: stop, wake: make(chan struct{}, 1)}
}

func (t *tail) watchRules(ctx context.Context) (rules []store.StoredRule, sub *store.Subscription[store.RuleChange], err error) {
	err = t.join(ctx, func(ctx context.Context, tx *Tx) error {
		rules, err = ReadRules(ctx, tx, AllRules)
		return err
	}, func() error {
		sub, err = t.board.SubscribeRules(rules)
		return err
	})
	return rules, sub, err
}

func (t *tail) watchStates(ctx context.Context) (states event.States, sub *store.Subscription[store.StateChange], err error) {
	err = t.join(ctx, nil, func() error {
		states, sub, err = t.board.SubscribeStates(t.db.now())
		return err
	})
	return states, sub, err
}

// join brings the tail up to date and adds a subscription at that point: load
// reads in the same transaction, and nothing is published before subscribe has
// returned.
func (t *tail) join(ctx context.Context, load func(context.Context, *Tx) error, subscribe func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return store.ErrClosed
	}
	if err := t.readLocked(ctx, load); err != nil {
		return err
	}
	if !t.started {
		t.started = true
		t.wg.Go(func() { t.follow(t.ctx) })
		t.wg.Go(func() { t.expire(t.ctx) })
		if t.db.Hint != nil {
			t.wg.Go(func() { t.hear(t.ctx) })
		}
	}
	return subscribe()
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
		t.mu.Lock()
		err := t.readLocked(ctx, nil)
		t.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		t.notices.Tell(t.db.Address, err)
	}
}

// hear takes hints. That there are none is no trouble: there is the poll.
func (t *tail) hear(ctx context.Context) {
	for {
		_ = t.db.Hint(ctx, t.db.Pool, t.nudge)
		select {
		case <-time.After(hintPause):
		case <-ctx.Done():
			return
		}
	}
}

// readLocked publishes what changed since the last time. load, if any, reads
// the same state of the database. Numbers of changes that end before the one
// that was read are those of another database, or of an older state of this one:
// all of it is read.
func (t *tail) readLocked(ctx context.Context, load func(context.Context, *Tx) error) error {
	return t.db.View(ctx, "following the database", func(ctx context.Context, tx *Tx) error {
		var rev int64
		if err := tx.Row(ctx, sqlCounter).Scan(&rev); err != nil {
			return err
		}
		var news News
		var err error
		anew := !t.started || rev < t.board.Rev
		if !anew && rev > t.board.Rev {
			if news, err = ReadNews(ctx, tx, t.board.Rev); err != nil {
				return err
			}
		}
		if load != nil {
			if err := load(ctx, tx); err != nil {
				return err
			}
		}
		if anew {
			return t.board.Load(ctx, tx, t.db.now())
		}
		if rev > t.board.Rev {
			t.board.Apply(news)
		}
		return nil
	})
}

// expire reverts states as they expire.
func (t *tail) expire(ctx context.Context) {
	e := Expiry{
		Host: t.db, ReadOnly: t.db.readOnly, Mu: &t.mu, Board: &t.board,
		Tell: func(err error) { t.notices.Tell(t.db.Address+": expiry", err) },
	}
	e.Run(ctx)
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
	t.board.Close()
}
