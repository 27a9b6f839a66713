package main

import (
	"context"
	"path/filepath"
	"strings"

	"ttpctl/internal/corpus"
	"ttpctl/internal/event"
	"ttpctl/internal/store/sqlite"
)

// hasDatabaseName reports whether a file is named as SQLite databases are.
func hasDatabaseName(path string) bool {
	switch filepath.Ext(path) {
	case ".db", ".sqlite", ".sqlite3":
		return true
	}
	return false
}

// A databaseSource reads the events that a database holds as rows.
type databaseSource struct {
	path     string
	recorded *sqlite.Recorded
}

// openDatabaseSource opens a database for rows without those of x.
func openDatabaseSource(ctx context.Context, path string, x *corpus.Exclusions) (*databaseSource, error) {
	r, err := sqlite.OpenRecorded(ctx, path)
	if err != nil {
		return nil, cannotRun("", "%w", err)
	}
	if r.Addressless && len(x.Large()) > 0 {
		return nil, cannotRun("name single addresses, or ranges of a /16 and less",
			"%s: tags that an older ttpctl stored have no addresses, only ids of attackers, which cannot be compared with %s", path, strings.Join(x.Large(), ", "))
	}
	return &databaseSource{path, r}, nil
}

// Rows implements [corpus.RowSource].
func (d *databaseSource) Rows(ctx context.Context, yield func(*corpus.Row) error) error {
	return d.recorded.Each(ctx, func(ev *event.Event) error {
		return yield(&corpus.Row{File: d.path, Event: *ev})
	})
}
