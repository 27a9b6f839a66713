// Package postgres keeps what a store holds in PostgreSQL: the contracts of
// package sqldb in its dialect.
//
//	db, err := postgres.Open(ctx, "postgres://tagger@db.example/ttp", store.DBOptions{Now: time.Now, Getenv: os.Getenv})
//
// Text is compared byte by byte (COLLATE "C"). Tags go to the server as one array
// a column, and what was new comes back in the same way. NOTIFY makes other
// processes look at once; to miss one costs them a poll.
package postgres
