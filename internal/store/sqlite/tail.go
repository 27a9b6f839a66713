package sqlite

import (
	"context"
	"database/sql"

	"ttpctl/internal/store/sqldb"
)

// A feed looks at the database over a pinned connection: data_version says
// whether another connection has committed since.
type feed struct {
	db      *DB
	conn    *sql.Conn // nil = none
	version int64     // data_version at the last look
}

// Ready implements [sqldb.Feed].
func (f *feed) Ready(ctx context.Context) error { return f.fail(f.db.ensure(ctx)) }

// Look implements [sqldb.Feed].
func (f *feed) Look(ctx context.Context, board *sqldb.Board, load func(context.Context, *sqldb.Tx) error) error {
	if err := f.connect(ctx, board); err != nil {
		return f.fail(err)
	}
	var version int64
	if err := f.conn.QueryRowContext(ctx, sqlDataVersion).Scan(&version); err != nil || version == f.version && load == nil {
		return f.fail(err)
	}
	if err := f.read(ctx, board, load); err != nil {
		return f.fail(err)
	}
	f.version = version
	return nil
}

func (f *feed) fail(err error) error { return fail(f.db.path, "following the database", err) }

// connect pins a connection when none is pinned, and notes what the database
// holds. A second connection is one to another database: the differences are
// published.
func (f *feed) connect(ctx context.Context, board *sqldb.Board) error {
	if f.conn != nil {
		return nil
	}
	f.db.pools.RLock()
	defer f.db.pools.RUnlock()
	if f.db.reader == nil {
		return f.db.absent()
	}
	conn, err := f.db.reader.Conn(ctx)
	if err != nil {
		return err
	}
	if err := f.begin(ctx, conn, board); err != nil {
		conn.Close()
		return err
	}
	f.conn = conn
	return nil
}

// begin notes where the feed starts.
func (f *feed) begin(ctx context.Context, conn *sql.Conn, board *sqldb.Board) error {
	if err := conn.QueryRowContext(ctx, sqlDataVersion).Scan(&f.version); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return board.Load(ctx, dialect.Begin(tx), f.db.now())
}

func (f *feed) read(ctx context.Context, board *sqldb.Board, load func(context.Context, *sqldb.Tx) error) error {
	begun, err := f.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer begun.Rollback()
	tx := dialect.Begin(begun)
	news, err := sqldb.ReadNews(ctx, tx, board.Rev)
	if err != nil {
		return err
	}
	if load != nil {
		if err := load(ctx, tx); err != nil {
			return err
		}
	}
	board.Apply(news)
	return nil
}

// detach lets go of the pinned connection. The caller holds the tail's lock, or
// has closed the tail.
func (f *feed) detach() {
	if f.conn != nil {
		f.conn.Close()
		f.conn = nil
	}
}
