package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// recordedBusy is how long a locked file of events is waited for.
const recordedBusy = 2 * time.Second

// A Recorded is a SQLite file in which events are recorded: DECNET's table
// logs, or tags of ours. It is only read, and opened for each reading.
type Recorded struct {
	path string
	recording
	// Addressless says that some of its events do not tell where they came
	// from, but for the id of an attacker.
	Addressless bool
}

// A recording is one form in which events are recorded.
type recording struct {
	query       string
	addressless string // counts the events without an address, "" = there are none
	cells       int
	event       func(cells []sql.NullString, ev *event.Event)
}

// recordings are tried in this order.
var recordings = [...]recording{
	{sqlDecnetCommands, ``, 2, decnetCommand},
	{fmt.Sprintf(sqlTaggedEvents, `max(attacker_ip)`), `SELECT count(*) FROM ttp_tag WHERE attacker_ip IS NULL`, 6, sqldb.TaggedEvent},
	{fmt.Sprintf(sqlTaggedEvents, `NULL`), `SELECT count(*) FROM ttp_tag`, 6, sqldb.TaggedEvent}, // of schema 1
}

const (
	sqlDecnetCommands = `SELECT attacker_ip, raw_line FROM logs WHERE event_type IN ('command', 'unknown_command') AND raw_line LIKE '%cmd=%' ORDER BY rowid`
	sqlTaggedEvents   = `SELECT source_kind, source_id, attacker_uuid, %s, session_id, max(evidence) FROM ttp_tag
GROUP BY source_kind, source_id ORDER BY source_kind, source_id`
)

var (
	errRecordedLocked = errors.New("the database is locked; try again")
	errNoSQLite       = errors.New("not a SQLite database, or a damaged one")
	errRecordedOpen   = errors.New("the database cannot be opened")
	errNothingHere    = errors.New("no table logs (event_type, attacker_ip, raw_line), and none of our own tags")
)

// OpenRecorded finds out how events are recorded in the file at path.
func OpenRecorded(ctx context.Context, path string) (*Recorded, error) {
	db, err := openRecorded(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	for _, form := range recordings {
		rows, err := db.QueryContext(ctx, form.query)
		if err == nil {
			rows.Close()
			r := &Recorded{path: path, recording: form}
			return r, r.count(ctx, db)
		}
		if wrong := recordedError(path, err); store.ClassOf(wrong) != store.Bug {
			return nil, wrong
		}
	}
	return nil, recordedError(path, errNothingHere)
}

// count finds out whether events lack an address.
func (r *Recorded) count(ctx context.Context, db *sql.DB) error {
	if r.addressless == "" {
		return nil
	}
	n := 0
	err := db.QueryRowContext(ctx, r.addressless).Scan(&n)
	r.Addressless = n > 0
	return recordedError(r.path, err)
}

// openRecorded opens a file that other programs may write.
func openRecorded(path string) (*sql.DB, error) {
	abs, err := absolute(path)
	if err != nil {
		return nil, err
	}
	if err := isFile(abs); err != nil {
		return nil, recordedError(path, err)
	}
	db, err := pool(dsn{path: abs, busy: recordedBusy, readOnly: true, immutable: false}, 1)
	return db, recordedError(path, err)
}

// recordedError says what is wrong with the file, or with a statement.
func recordedError(path string, err error) error {
	if err == nil {
		return nil
	}
	class, kind := judge(err)
	switch kind {
	case store.ErrLocked:
		err = errRecordedLocked
	case store.ErrNotDatabase, store.ErrCorrupt:
		err = errNoSQLite
	case store.ErrReadOnly:
		err = errRecordedOpen
	}
	return &store.Error{Path: path, Op: "reading events", Class: class, Err: err}
}

// Each calls yield for the events. What it is given is valid during the call
// only; an error of yield ends it and is returned.
func (r *Recorded) Each(ctx context.Context, yield func(*event.Event) error) error {
	db, err := openRecorded(r.path)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, r.query)
	if err != nil {
		return recordedError(r.path, err)
	}
	defer rows.Close()
	cells := make([]sql.NullString, r.cells)
	into := make([]any, r.cells)
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return recordedError(r.path, err)
		}
		var ev event.Event
		r.event(cells, &ev)
		if err := yield(&ev); err != nil {
			return err
		}
	}
	return recordedError(r.path, rows.Err())
}

// decnetCommand reads a command of DECNET's log: what follows cmd= to the end
// of the line.
func decnetCommand(cells []sql.NullString, ev *event.Event) {
	_, command, _ := strings.Cut(cells[1].String, "cmd=")
	ev.SetKind(event.KindCommand.String())
	ev.AttackerIP = strings.TrimSpace(cells[0].String)
	ev.SetField("command_text", event.StringValue(command))
}
