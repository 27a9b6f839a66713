// Package sqlite keeps definitions, states, tags and the ledger in a SQLite
// file. All SQL of SQLite stands here.
//
// Several processes may have one file open. One connection writes, others read
// beside it. The table ttp_change orders all writes of definitions and states,
// in the transaction that makes them; processes follow each other by it. No
// statement asks the database for the time: instants are given, and stored as
// Unix milliseconds.
//
//	db, err := sqlite.Open(ctx, path, sqlite.Options{Now: time.Now})
//	in, err := db.Tags().Insert(ctx, tags)
package sqlite
