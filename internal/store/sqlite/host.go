package sqlite

import (
	"context"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// words are what SQLite calls otherwise.
var words = strings.NewReplacer("greatest(", "max(", "least(", "min(")

// dialect is that of the statements of sqldb, which are written for SQLite.
var dialect = &sqldb.Dialect{Rewrite: words.Replace}

// A host is a DB as sqldb wants it.
type host struct{ *DB }

func (h host) Update(ctx context.Context, op string, fn func(context.Context, *sqldb.Tx) error) error {
	return h.update(ctx, op, fn)
}

func (h host) View(ctx context.Context, op string, fn func(context.Context, *sqldb.Tx) error) error {
	return h.view(ctx, op, fn)
}

func (h host) Now() time.Time { return h.now() }

func (h host) PutTags(ctx context.Context, tx *sqldb.Tx, tags []event.Tag, now time.Time) (store.Inserted, error) {
	return insertTags(ctx, tx, tags, now.UnixMilli())
}

func (h host) Fail(op string, err error) error { return fail(h.path, op, err) }

func (h host) WatchRules(ctx context.Context) ([]store.StoredRule, *store.Subscription[store.RuleChange], error) {
	return h.tail.WatchRules(ctx)
}

func (h host) WatchStates(ctx context.Context) (event.States, *store.Subscription[store.StateChange], error) {
	return h.tail.WatchStates(ctx)
}
