package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// tailPoll is the time between two looks at ttp_change.
const tailPoll = 200 * time.Millisecond

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
	started bool
	board   sqldb.Board
}

func newTail(db *DB, notify func(store.Notice)) *tail {
	ctx, stop := context.WithCancel(context.Background())
	return &tail{db: db, notices: &store.Notices{Notify: notify}, ctx: ctx, stop: stop, wake: make(chan struct{}, 1)}
}

func (t *tail) watchRules(ctx context.Context) (rules []store.StoredRule, sub *store.Subscription[store.RuleChange], err error) {
	err = t.join(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		rules, err = sqldb.ReadRules(ctx, tx, sqldb.AllRules)
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
func (t *tail) join(ctx context.Context, load func(context.Context, *sqldb.Tx) error, subscribe func() error) error {
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
	return t.board.Load(ctx, dialect.Begin(tx), t.db.now())
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
func (t *tail) readLocked(ctx context.Context, load func(context.Context, *sqldb.Tx) error) error {
	begun, err := t.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer begun.Rollback()
	tx := dialect.Begin(begun)
	news, err := sqldb.ReadNews(ctx, tx, t.board.Rev)
	if err != nil {
		return err
	}
	if load != nil {
		if err := load(ctx, tx); err != nil {
			return err
		}
	}
	t.board.Apply(news)
	return nil
}

// expire reverts states as they expire.
func (t *tail) expire(ctx context.Context) {
	e := sqldb.Expiry{
		Host: host{t.db}, ReadOnly: t.db.readOnly, Mu: &t.mu, Board: &t.board,
		Tell: func(err error) { t.notices.Tell(t.db.path+": expiry", err) },
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
	t.detachLocked()
	t.board.Close()
}
