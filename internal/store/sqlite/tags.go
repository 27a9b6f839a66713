package sqlite

import (
	"context"
	"database/sql"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// A TagTable is the repository of tags in a DB.
type TagTable struct {
	sqldb.TagWriter
	sqldb.TagReader
	db *DB
}

// Tags returns the tags in the database.
func (db *DB) Tags() store.TagTable {
	return &TagTable{sqldb.TagWriter{Tables: db.Tables}, sqldb.TagReader{Host: host{db}, SQL: &reading}, db}
}

func insertTags(ctx context.Context, tx *sqldb.Tx, tags []event.Tag, now int64) (in store.Inserted, err error) {
	ins, err := prepareInserter(ctx, tx, now)
	if err != nil {
		return in, err
	}
	defer ins.close()
	for i := range tags {
		if err := ctx.Err(); err != nil {
			return in, err
		}
		if tags[i].BelowFloor() {
			in.BelowFloor++
			continue
		}
		isNew, err := ins.insert(tags, i)
		if err != nil {
			return in, err
		}
		if isNew {
			in.New = append(in.New, i)
		} else {
			in.Duplicates++
		}
	}
	return in, nil
}

// lookAhead is how many tags are looked up at once.
const lookAhead = 250

// An inserter inserts tags one after the other in one transaction.
//
// Binding the values of a row that is then ignored costs several times more
// than looking many up at once, and duplicates come in runs: after one, the
// tags that follow are looked up first.
type inserter struct {
	ctx    context.Context
	row    *sql.Stmt
	lookup *sql.Stmt
	args   []any
	now    int64

	looked int             // the tags before this index are looked up
	known  map[string]bool // of the last that were, the uuids that are stored
}

func prepareInserter(ctx context.Context, tx *sqldb.Tx, now int64) (*inserter, error) {
	row, err := tx.PrepareContext(ctx, sqlInsertTag)
	if err != nil {
		return nil, err
	}
	lookup, err := tx.PrepareContext(ctx, sqlKnownTags)
	if err != nil {
		row.Close()
		return nil, err
	}
	return &inserter{
		// For a context that can end, the driver starts a goroutine for every
		// statement; who calls insert asks the context instead.
		ctx: context.WithoutCancel(ctx),
		row: row, lookup: lookup, args: make([]any, tagColumns), now: now, known: map[string]bool{},
	}, nil
}

func (ins *inserter) close() {
	ins.row.Close()
	ins.lookup.Close()
}

// insert stores tags[i], and reports whether it was not stored before.
func (ins *inserter) insert(tags []event.Tag, i int) (isNew bool, err error) {
	uuid := tags[i].UUID.String()
	if !ins.known[uuid] {
		fillArgs(ins.args, uuid, &tags[i], ins.now)
		r, err := ins.row.ExecContext(ins.ctx, ins.args...)
		if err != nil {
			return false, err
		}
		if n, err := r.RowsAffected(); err != nil || n > 0 {
			return n > 0, err
		}
	}
	if next := i + 1; next >= ins.looked {
		ins.looked = min(next+lookAhead, len(tags))
		return false, ins.lookUp(tags[next:ins.looked])
	}
	return false, nil
}

// lookUp finds out which of tags are stored.
func (ins *inserter) lookUp(tags []event.Tag) error {
	clear(ins.known)
	if len(tags) == 0 {
		return nil
	}
	uuids := []byte{'['}
	for i := range tags {
		uuids = append(uuids, '"')
		uuids, _ = tags[i].UUID.AppendText(uuids)
		uuids = append(uuids, `",`...)
	}
	uuids[len(uuids)-1] = ']'
	rows, err := ins.lookup.QueryContext(ins.ctx, string(uuids))
	if err != nil {
		return err
	}
	defer rows.Close()
	var uuid string
	for rows.Next() {
		if err := rows.Scan(&uuid); err != nil {
			return err
		}
		ins.known[uuid] = true
	}
	return rows.Err()
}

// fillArgs sets the parameters of sqlInsertTag.
func fillArgs(args []any, uuid string, t *event.Tag, now int64) {
	args[0], args[1] = uuid, orNull(t.AttackerIP)
	args[2], args[3] = t.SourceKind, t.SourceID
	args[4], args[5] = orNull(t.AttackerUUID), orNull(t.IdentityUUID)
	args[6], args[7] = optional(t.SessionID), optional(t.DeckyID)
	args[8], args[9], args[10] = t.Tactic, t.Technique, orNull(t.SubTechnique)
	args[11], args[12], args[13] = t.Confidence, t.RuleID, t.RuleVersion
	args[14] = string(t.Evidence)
	args[15], args[16], args[17] = t.AttackRelease, t.MitreURL, orNull(t.ObservedAt)
	args[18] = now
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func optional(s event.OptString) any {
	if !s.Valid {
		return nil
	}
	return s.Value
}
