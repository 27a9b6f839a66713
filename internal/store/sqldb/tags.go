package sqldb

import (
	"context"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

const (
	// tagsAtOnce is how many tags one statement stores.
	tagsAtOnce = 1000
	// lookedAtOnce is how many one statement looks up.
	lookedAtOnce = 4096
	// pruneChunk is how many tags are deleted in one transaction: other writers
	// get their turn between two.
	pruneChunk = 5000
)

const (
	sqlKnown       = `SELECT uuid FROM ttp_tag WHERE uuid IN `
	sqlCountBefore = `SELECT count(*) FROM ttp_tag WHERE created_at < ?`
	// Rows lie roughly in the order of created_at: the oldest are found first.
	sqlOldest = `SELECT seq FROM ttp_tag WHERE created_at < ? ORDER BY seq LIMIT ?`
	sqlDelete = `DELETE FROM ttp_tag WHERE seq IN `
)

// A TagTable is the repository of tags in a DB.
type TagTable struct {
	TagWriter
	TagReader
	db *DB
}

// Tags implements [store.Database].
func (db *DB) Tags() store.TagTable {
	return &TagTable{TagWriter{db.Tables}, TagReader{db, &reading}, db}
}

// PutTags implements Host. Duplicates come in runs: behind some, the tags that
// follow are looked up before they are sent, also by the next call.
func (db *DB) PutTags(ctx context.Context, tx *Tx, tags []event.Tag, now time.Time) (in store.Inserted, err error) {
	var wanted []int // their indexes
	seen := make(map[event.UUID]bool, len(tags))
	for i := range tags {
		switch t := &tags[i]; {
		case t.BelowFloor():
			in.BelowFloor++
		case seen[t.UUID]:
			in.Duplicates++
		default:
			seen[t.UUID] = true
			wanted = append(wanted, i)
		}
	}
	known := db.replayed.Load() // most of those before
	for len(wanted) > 0 {
		size := tagsAtOnce
		if known {
			size = lookedAtOnce
		}
		chunk := wanted[:min(len(wanted), size)]
		wanted = wanted[len(chunk):]
		was := len(in.New)
		if err := db.putChunk(ctx, tx, tags, chunk, known, now, &in); err != nil {
			return in, err
		}
		known = 2*(len(in.New)-was) < len(chunk)
		db.replayed.Store(known)
	}
	return in, nil
}

// putChunk stores those of tags that chunk has the indexes of; look says to look
// first which of them are stored.
func (db *DB) putChunk(ctx context.Context, tx *Tx, tags []event.Tag, chunk []int, look bool, now time.Time, in *store.Inserted) error {
	stored := map[string]bool{}
	if look {
		var err error
		if stored, err = db.lookUp(ctx, tx, tags, chunk); err != nil {
			return err
		}
	}
	var rows []TagRow
	var of []int
	for _, i := range chunk {
		if len(stored) > 0 && stored[tags[i].UUID.String()] {
			in.Duplicates++
			continue
		}
		rows = append(rows, rowOf(&tags[i], now))
		of = append(of, i)
	}
	for len(rows) > 0 {
		size := min(len(rows), tagsAtOnce)
		isNew, err := db.Server.PutTags(ctx, tx, rows[:size])
		if err != nil {
			return err
		}
		for n, i := range of[:size] {
			if isNew[n] {
				in.New = append(in.New, i)
			} else {
				in.Duplicates++
			}
		}
		rows, of = rows[size:], of[size:]
	}
	return nil
}

// lookUp returns which of tags are stored.
func (db *DB) lookUp(ctx context.Context, tx *Tx, tags []event.Tag, of []int) (map[string]bool, error) {
	uuids := make([]string, len(of))
	for n, i := range of {
		uuids[n] = tags[i].UUID.String()
	}
	statement, args := sqlKnown+list(len(uuids)), make([]any, len(uuids))
	for n := range uuids {
		args[n] = uuids[n]
	}
	if db.AnyOf != "" {
		statement, args = sqlKnown+db.AnyOf, []any{uuids}
	}
	stored := make(map[string]bool, len(of))
	err := tx.Query(ctx, func(rows *Rows) error {
		var uuid string
		err := rows.Scan(&uuid)
		stored[uuid] = true
		return err
	}, statement, args...)
	return stored, err
}

// list returns n parameters in brackets.
func list(n int) string { return "(" + strings.Repeat("?, ", n-1) + "?)" }

// CountOlderThan implements [store.TagTable].
func (t *TagTable) CountOlderThan(ctx context.Context, cutoff time.Time) (n int, err error) {
	err = t.db.View(ctx, "counting old tags", func(ctx context.Context, tx *Tx) error {
		return tx.Row(ctx, sqlCountBefore, cutoff.UnixMilli()).Scan(&n)
	})
	return n, err
}

// PruneOlderThan implements [store.TagTable].
func (t *TagTable) PruneOlderThan(ctx context.Context, cutoff time.Time) (deleted int, err error) {
	for {
		n := 0
		err := t.db.Update(ctx, "deleting old tags", func(ctx context.Context, tx *Tx) (err error) {
			n, err = pruneSome(ctx, tx, cutoff)
			return err
		})
		if err != nil {
			return deleted, err
		}
		deleted += n
		if n < pruneChunk {
			return deleted, nil
		}
	}
}

func pruneSome(ctx context.Context, tx *Tx, cutoff time.Time) (n int, err error) {
	var old []any
	err = tx.Query(ctx, func(rows *Rows) error {
		var seq int64
		err := rows.Scan(&seq)
		old = append(old, seq)
		return err
	}, sqlOldest, cutoff.UnixMilli(), pruneChunk)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	err = count(&n)(tx.Exec(ctx, sqlDelete+list(len(old)), old...))
	return n, err
}
