package sqldb

import (
	"context"
	"sync"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const (
	// tailPoll is the time between two looks at ttp_change. A hint makes the tail
	// look at once; to miss one costs a poll.
	tailPoll = 200 * time.Millisecond
	// hintPause is the time between two attempts to be given hints.
	hintPause = 5 * time.Second
)

// A Feed is how a Tail looks at a database. Its errors say of which.
type Feed interface {
	// Ready returns why there is nothing to look at. It is called before each look,
	// without the tail's lock.
	Ready(ctx context.Context) error
	// Look publishes on board what changed since the last look. load, if any, reads
	// the same state of the database. The tail's lock is held.
	Look(ctx context.Context, board *Board, load func(context.Context, *Tx) error) error
}

// A Tail follows the changes that any process makes and gives them to the
// subscriptions of this one. It starts with the first subscription. Reverting
// expired states is a goroutine of its own, so that waiting for a lock of the
// database holds up no news. It is safe for concurrent use.
type Tail struct {
	Mu sync.Mutex // held while changes are read and published

	// Set before the first subscription. ReadOnly: the database must not be written.
	ReadOnly bool
	// Hint calls nudge whenever another process may have written, until ctx ends or
	// it cannot any more; nil = there are no hints, and the poll must do.
	Hint func(ctx context.Context, nudge func()) error

	host    Host
	feed    Feed
	address string // of the database, for people
	notices store.Notices
	stop    context.CancelFunc // of the goroutines; nil = there are none yet
	wg      sync.WaitGroup
	wake    chan struct{} // something may have been written
	closed  bool
	board   Board
}

// NewTail returns a tail of the database at an address. notify is told when the
// tail cannot look, or an expiry cannot be written, and when it can again; nil =
// nobody wants to know.
func NewTail(host Host, feed Feed, address string, notify func(store.Notice)) *Tail {
	return &Tail{host: host, feed: feed, address: address, notices: store.Notices{Notify: notify}, wake: make(chan struct{}, 1)}
}

// WatchRules returns the definitions, and a subscription to what changes behind
// them.
func (t *Tail) WatchRules(ctx context.Context) (rules []store.StoredRule, sub *store.Subscription[store.RuleChange], err error) {
	err = t.join(ctx, func(ctx context.Context, tx *Tx) error {
		rules, err = ReadRules(ctx, tx, AllRules)
		return err
	}, func() error {
		sub, err = t.board.SubscribeRules(rules)
		return err
	})
	return rules, sub, err
}

// WatchStates returns the states in effect, and a subscription to what changes
// behind them.
func (t *Tail) WatchStates(ctx context.Context) (states event.States, sub *store.Subscription[store.StateChange], err error) {
	err = t.join(ctx, nil, func() error {
		states, sub, err = t.board.SubscribeStates(t.host.Now())
		return err
	})
	return states, sub, err
}

// join brings the tail up to date and adds a subscription at that point: load
// reads in the same transaction, and nothing is published before subscribe has
// returned.
func (t *Tail) join(ctx context.Context, load func(context.Context, *Tx) error, subscribe func() error) error {
	if err := t.feed.Ready(ctx); err != nil {
		return err
	}
	t.Mu.Lock()
	defer t.Mu.Unlock()
	if t.closed {
		return store.ErrClosed
	}
	if err := t.feed.Look(ctx, &t.board, load); err != nil {
		return err
	}
	t.begin()
	return subscribe()
}

// begin starts the goroutines. The caller holds the lock.
func (t *Tail) begin() {
	if t.stop != nil {
		return
	}
	var ctx context.Context
	ctx, t.stop = context.WithCancel(context.Background())
	t.wg.Go(func() { t.follow(ctx) })
	t.wg.Go(func() { t.expire(ctx) })
	if t.Hint != nil {
		t.wg.Go(func() { t.hear(ctx) })
	}
}

func (t *Tail) follow(ctx context.Context) {
	ticker := time.NewTicker(tailPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-t.wake:
		case <-ctx.Done():
			return
		}
		err := t.look(ctx)
		if ctx.Err() != nil {
			return
		}
		t.notices.Tell(t.address, err)
	}
}

func (t *Tail) look(ctx context.Context) error {
	if err := t.feed.Ready(ctx); err != nil {
		return err
	}
	t.Mu.Lock()
	defer t.Mu.Unlock()
	return t.feed.Look(ctx, &t.board, nil)
}

// hear takes hints. That there are none is no trouble: there is the poll.
func (t *Tail) hear(ctx context.Context) {
	for {
		_ = t.Hint(ctx, t.Nudge)
		select {
		case <-time.After(hintPause):
		case <-ctx.Done():
			return
		}
	}
}

// Nudge makes the tail look at once.
func (t *Tail) Nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Close ends the goroutines and the subscriptions.
func (t *Tail) Close() {
	t.Mu.Lock()
	t.closed = true
	stop := t.stop
	t.Mu.Unlock()
	if stop != nil {
		stop()
	}
	t.wg.Wait()
	t.board.Close()
}

// A serverFeed looks at a database with a server.
type serverFeed struct {
	db     *DB
	loaded bool
}

// Ready implements Feed.
func (f *serverFeed) Ready(context.Context) error { return nil }

// Look implements Feed. Numbers of changes that end before the one that was read
// are those of another database, or of an older state of this one: all of it is
// read.
func (f *serverFeed) Look(ctx context.Context, board *Board, load func(context.Context, *Tx) error) error {
	return f.db.View(ctx, "following the database", func(ctx context.Context, tx *Tx) error {
		var rev int64
		if err := tx.Row(ctx, sqlCounter).Scan(&rev); err != nil {
			return err
		}
		var news News
		var err error
		anew := !f.loaded || rev < board.Rev
		if !anew && rev > board.Rev {
			if news, err = ReadNews(ctx, tx, board.Rev); err != nil {
				return err
			}
		}
		if load != nil {
			if err := load(ctx, tx); err != nil {
				return err
			}
		}
		if anew {
			err := board.Load(ctx, tx, f.db.now())
			f.loaded = err == nil
			return err
		}
		if rev > board.Rev {
			board.Apply(news)
		}
		return nil
	})
}
