package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ttpctl/internal/corpus"
	"ttpctl/internal/event"
)

// decnetBusy is how long a locked database is waited for, in milliseconds.
const decnetBusy = "2000"

// hasDatabaseName reports whether a file is named as SQLite databases are.
func hasDatabaseName(path string) bool {
	switch filepath.Ext(path) {
	case ".db", ".sqlite", ".sqlite3":
		return true
	}
	return false
}

// A tableSource reads rows from one table of a SQLite database, which it never
// writes to.
type tableSource struct {
	path, query string
	row         func(cells []sql.NullString, r *corpus.Row)
	cells       int
}

// databaseSource returns the rows of a database: of DECNET's table logs, else
// of our own tags.
func databaseSource(path string, x *corpus.Exclusions) (corpus.RowSource, error) {
	db, err := openSQLite(path)
	if err != nil {
		return nil, cannotRun("", "%s: %w", path, err)
	}
	defer db.Close()
	for _, src := range []*tableSource{decnetSource(path), tagSource(path)} {
		rows, err := db.Query(src.query)
		if err == nil {
			rows.Close()
			if src.cells == tagCells && len(x.Large()) > 0 {
				return nil, cannotRun("name single addresses, or ranges of a /16 and less",
					"%s: our own store keeps no addresses, only ids of attackers, which cannot be compared with %s", path, strings.Join(x.Large(), ", "))
			}
			return src, nil
		}
		if kind := sqliteProblem(err); kind != nil {
			return nil, cannotRun("", "%s: %w", path, kind)
		}
	}
	return nil, cannotRun("", "%s: no table logs (event_type, attacker_ip, raw_line), and none of our own tags", path)
}

// openSQLite opens a database for reading only.
func openSQLite(path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(" + decnetBusy + ")", "query_only(1)"}}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	return sql.Open("sqlite", u.String())
}

var (
	errSQLiteLocked = errors.New("the database is locked; try again")
	errNoSQLite     = errors.New("not a SQLite database, or a damaged one")
	errSQLiteOpen   = errors.New("the database cannot be opened")
)

// sqliteProblem returns what is wrong with a database as a whole, nil when a
// statement failed for its own reasons.
func sqliteProblem(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the primary result code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errSQLiteLocked
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return errNoSQLite
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY:
		return errSQLiteOpen
	}
	return nil
}

// Rows implements [corpus.RowSource].
func (t *tableSource) Rows(ctx context.Context, yield func(*corpus.Row) error) (err error) {
	db, err := openSQLite(t.path)
	if err != nil {
		return broke("%s: %w", t.path, err)
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, t.query)
	if err != nil {
		return t.fail(err)
	}
	defer rows.Close()
	cells := make([]sql.NullString, t.cells)
	into := make([]any, t.cells)
	for i := range cells {
		into[i] = &cells[i]
	}
	var row corpus.Row
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return t.fail(err)
		}
		row = corpus.Row{File: t.path}
		t.row(cells, &row)
		if err := yield(&row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return t.fail(err)
	}
	return nil
}

func (t *tableSource) fail(err error) error {
	if kind := sqliteProblem(err); kind != nil {
		err = kind
	}
	return broke("%s: %w", t.path, err)
}

// decnetSource reads the commands of DECNET's log: what follows cmd= to the
// end of the line.
func decnetSource(path string) *tableSource {
	return &tableSource{
		path: path, cells: 2,
		query: `SELECT attacker_ip, raw_line FROM logs WHERE event_type IN ('command', 'unknown_command') AND raw_line LIKE '%cmd=%' ORDER BY rowid`,
		row: func(cells []sql.NullString, r *corpus.Row) {
			_, command, _ := strings.Cut(cells[1].String, "cmd=")
			r.Event.SetKind(event.KindCommand.String())
			r.Event.AttackerIP = strings.TrimSpace(cells[0].String)
			r.Event.SetField("command_text", event.StringValue(command))
		},
	}
}

// tagCells are the columns of tagSource.
const tagCells = 5

// tagSource reads our own tags, one row an event: of its payload there is what
// became evidence.
func tagSource(path string) *tableSource {
	return &tableSource{
		path: path, cells: tagCells,
		query: `SELECT source_kind, source_id, attacker_uuid, session_id, max(evidence) FROM ttp_tag GROUP BY source_kind, source_id ORDER BY source_kind, source_id`,
		row: func(cells []sql.NullString, r *corpus.Row) {
			ev := &r.Event
			ev.SetKind(cells[0].String)
			ev.AttackerUUID = cells[2].String
			ev.SessionID = event.OptString{Value: cells[3].String, Valid: cells[3].Valid}
			var evidence map[string]any
			_ = json.Unmarshal([]byte(cells[4].String), &evidence)
			for name, v := range evidence {
				ev.SetField(name, valueOf(v))
			}
		},
	}
}

// valueOf turns decoded JSON into a payload value.
func valueOf(v any) event.Value {
	switch v := v.(type) {
	case string:
		return event.StringValue(v)
	case float64:
		return event.NumberValue(v)
	case bool:
		return event.BoolValue(v)
	case []any:
		list := event.Value{Kind: event.List}
		for _, e := range v {
			list.List = append(list.List, valueOf(e))
		}
		return list
	}
	return event.Value{}
}
