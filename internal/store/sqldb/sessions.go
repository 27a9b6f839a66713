package sqldb

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ttpctl/internal/store"
)

// The SQL of kept sessions.
const (
	sqlKept        = `SELECT session_key, line_count, byte_count FROM ttp_session WHERE session_key IN `
	sqlKeepSession = `INSERT INTO ttp_session (session_key, sensor, session_id, line_count, byte_count, left_out, stored_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (session_key) DO UPDATE SET line_count = ttp_session.line_count + excluded.line_count, byte_count = ttp_session.byte_count + excluded.byte_count,
left_out = ttp_session.left_out + excluded.left_out, stored_at = excluded.stored_at`
	sqlKeepLines  = `INSERT INTO ttp_session_part (session_key, body) VALUES (?, ?)`
	sqlKeptLines  = `SELECT s.sensor, s.session_id, s.left_out, p.body FROM ttp_session_part p JOIN ttp_session s ON s.session_key = p.session_key`
	sqlBeginsSo   = ` WHERE p.session_key IN (SELECT session_key FROM ttp_session WHERE substr(session_id, 1, ?) = ? OR substr(session_key, 1, ?) = ?)`
	sqlAsStored   = ` ORDER BY p.part`
	sqlKeptIDs    = `SELECT session_id FROM ttp_session WHERE substr(session_id, 1, ?) = ? ORDER BY stored_at DESC, session_key LIMIT ?`
	sqlOldestKept = `SELECT session_key FROM ttp_session WHERE stored_at < ? ORDER BY stored_at LIMIT ?`
	sqlForgetPart = `DELETE FROM ttp_session_part WHERE session_key IN `
	sqlForgetKept = `DELETE FROM ttp_session WHERE session_key IN `
)

// A SessionTable is the kept sessions in a DB.
type SessionTable struct{ db Host }

// keepSessions stores the lines of sessions of c at the instant now. Two processes that
// add to one session at once may go past its bounds, each once.
func keepSessions(ctx context.Context, tx *Tx, c *store.Commit, now time.Time) error {
	all := c.Sessions
	byKey := map[string]*store.SessionLines{}
	var keys []string
	for i := range all {
		key := sessionKey(all[i].Sensor, all[i].Session)
		if have := byKey[key]; have != nil {
			have.Lines = append(slices.Clip(have.Lines), all[i].Lines...)
			continue
		}
		byKey[key] = &store.SessionLines{Sensor: all[i].Sensor, Session: all[i].Session, Lines: all[i].Lines}
		keys = append(keys, key)
	}
	slices.Sort(keys) // two that write the same rows wait for each other in one order
	kept, err := keptOf(ctx, tx, keys)
	if err != nil {
		return err
	}
	added, bodies := map[string]store.Kept{}, map[string][]byte{}
	var filled []string
	for _, key := range keys {
		body, n := kept[key].Take(byKey[key].Lines)
		added[key] = n
		if len(body) > 0 {
			bodies[key] = body
			filled = append(filled, key)
		}
	}
	_, err = insertEach(ctx, tx, sqlKeepSession, keys, func(key string) []any {
		s, n := byKey[key], added[key]
		return []any{key, s.Sensor, s.Session, n.Lines, n.Bytes, n.LeftOut, now.UnixMilli()}
	})
	for err == nil && len(filled) > 0 {
		some, size := 0, 0
		for some < len(filled) && (some == 0 || size+len(bodies[filled[some]]) <= keptAtOnce) {
			size += len(bodies[filled[some]])
			some++
		}
		_, err = insertEach(ctx, tx, sqlKeepLines, filled[:some], func(key string) []any { return []any{key, bodies[key]} })
		filled = filled[some:]
	}
	return err
}

// keptAtOnce bounds the lines of one statement, in bytes: a server takes so much.
const keptAtOnce = 1 << 20

// sessionKey names a session among those of all sensors, as ttpctl sessions does.
func sessionKey(sensor, session string) string {
	if sensor != "" {
		session = sensor + "/" + session
	}
	return Key(session)
}

// keptOf returns how much is kept of sessions.
func keptOf(ctx context.Context, tx *Tx, keys []string) (map[string]store.Kept, error) {
	kept := make(map[string]store.Kept, len(keys))
	for chunk := range slices.Chunk(keys, rowsAtOnce) {
		err := tx.Query(ctx, func(rows *Rows) error {
			var key string
			var k store.Kept
			err := rows.Scan(&key, &k.Lines, &k.Bytes)
			kept[key] = k
			return err
		}, sqlKept+list(len(chunk)), anyOf(chunk)...)
		if err != nil {
			return nil, err
		}
	}
	return kept, nil
}

func anyOf(keys []string) []any {
	args := make([]any, len(keys))
	for i, k := range keys {
		args[i] = k
	}
	return args
}

// Each implements [store.Sessions].
func (t *SessionTable) Each(ctx context.Context, id string, yield func(*store.KeptLines) error) error {
	statement, args := sqlKeptLines+sqlAsStored, []any(nil)
	if id = strings.ToValidUTF8(id, "\ufffd"); id != "" {
		n := utf8.RuneCountInString(id)
		statement, args = sqlKeptLines+sqlBeginsSo+sqlAsStored, []any{n, id, n, id}
	}
	return Outcome(t.db.View(ctx, "reading sessions", func(ctx context.Context, tx *Tx) error {
		var l store.KeptLines
		return tx.Query(ctx, func(rows *Rows) error {
			if err := rows.Scan(&l.Sensor, &l.Session, &l.LeftOut, &l.Lines); err != nil {
				return err
			}
			return Yielded(yield(&l))
		}, statement, args...)
	}))
}

// IDs implements [store.Sessions].
func (t *SessionTable) IDs(ctx context.Context, id string, max int) (ids []string, err error) {
	id = strings.ToValidUTF8(id, "\ufffd")
	err = t.db.View(ctx, "reading ids of sessions", func(ctx context.Context, tx *Tx) error {
		ids = nil
		return tx.Query(ctx, func(rows *Rows) error {
			var s string
			err := rows.Scan(&s)
			ids = append(ids, s)
			return err
		}, sqlKeptIDs, utf8.RuneCountInString(id), id, max)
	})
	return ids, err
}

// PruneOlderThan implements [store.Sessions].
func (t *SessionTable) PruneOlderThan(ctx context.Context, cutoff time.Time) (deleted int, err error) {
	for {
		n := 0
		err := t.db.Update(ctx, "forgetting sessions", func(ctx context.Context, tx *Tx) (err error) {
			n, err = pruneSessions(ctx, tx, cutoff)
			return err
		})
		if err != nil {
			return deleted, err
		}
		deleted += n
		if n < rowsAtOnce {
			return deleted, nil
		}
	}
}

// pruneSessions locks what is to go: who stores more of such a session waits, and begins
// it anew, or is seen to have done so.
func pruneSessions(ctx context.Context, tx *Tx, cutoff time.Time) (n int, err error) {
	var old []string
	err = tx.Query(ctx, func(rows *Rows) error {
		var key string
		err := rows.Scan(&key)
		old = append(old, key)
		return err
	}, sqlOldestKept+tx.dialect.ForUpdate, cutoff.UnixMilli(), rowsAtOnce)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	if _, err := tx.Exec(ctx, sqlForgetPart+list(len(old)), anyOf(old)...); err != nil {
		return 0, err
	}
	err = count(&n)(tx.Exec(ctx, sqlForgetKept+list(len(old)), anyOf(old)...))
	return n, err
}
