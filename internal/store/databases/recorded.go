package databases

import (
	"context"
	"errors"

	"ttpctl/internal/event"
	"ttpctl/internal/hint"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// A Recorded is a database read for the events that its tags are of.
type Recorded struct {
	Path        string // what people call it
	Addressless bool   // events lack an address: an older ttpctl stored their tags
	// Each gives every event to yield until it fails.
	Each func(ctx context.Context, yield func(*event.Event) error) error
}

// OpenRecorded opens what is called path; nil when that is no database, by its
// content.
func OpenRecorded(ctx context.Context, path string, opts store.DBOptions) (*Recorded, error) {
	switch {
	case IsAddress(path):
		return recordedBy(ctx, path, opts)
	case path == "-" || !sqlite.IsDatabase(path):
		return nil, nil
	}
	r, err := sqlite.OpenRecorded(ctx, path)
	if err != nil {
		return nil, hint.Errorf("", "%w", err)
	}
	return &Recorded{path, r.Addressless, r.Each}, nil
}

// recordedBy is OpenRecorded for a server, which is asked anew for each reading.
func recordedBy(ctx context.Context, address string, opts store.DBOptions) (*Recorded, error) {
	db, err := readServer(ctx, address, opts)
	if err == nil && db == nil {
		err = errors.New("there are no tags in it")
	}
	if err != nil {
		return nil, hint.Errorf("", "%s: %w", Shown(address), err)
	}
	r := &Recorded{Path: db.Path()}
	r.Addressless, err = db.Addressless(ctx)
	if e := db.Close(); err == nil {
		err = e
	}
	r.Each = func(ctx context.Context, yield func(*event.Event) error) (err error) {
		db, err := readServer(ctx, address, opts)
		if err != nil || db == nil {
			return err
		}
		defer func() {
			if e := db.Close(); err == nil {
				err = e
			}
		}()
		return db.Events(ctx, yield)
	}
	return r, err
}
