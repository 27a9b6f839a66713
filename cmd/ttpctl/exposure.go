package main

import (
	"context"

	"ttpctl/internal/store"
	"ttpctl/internal/store/databases"
	"ttpctl/internal/vitals"
)

// makePrivate makes a file that we write its owner's alone.
func (s *streams) makePrivate(path string) { vitals.Log{Log: s.log}.MakePrivate(path) }

// makeDB opens the database at path for writing, or makes it.
func makeDB(ctx context.Context, path string, s *streams) (store.Database, error) {
	return makeDBWith(ctx, path, dbOptions(s), s)
}

func makeDBWith(ctx context.Context, path string, opts store.DBOptions, s *streams) (store.Database, error) {
	db, err := databases.Make(ctx, path, opts)
	if err != nil {
		return nil, err // a file that is not a database keeps its mode
	}
	for _, name := range databases.Files(path) {
		s.makePrivate(name)
	}
	return db, nil
}
