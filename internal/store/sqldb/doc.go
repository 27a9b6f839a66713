// Package sqldb keeps the contracts of store in SQL: what the databases have in
// common. Their packages below store (sqlite, postgres, mysql) say what differs.
//
// [Tables] are the contracts over a [Host], which runs transactions, in a
// [Dialect]: statements stand here once, and a dialect rewrites their words. A
// [DB] is a Host on a database with a server, with everything but the opening:
// postgres and mysql open one each. SQLite, a file with one writer, is a Host of
// its own.
//
// Invariants:
//   - No statement asks the database for the time: instants are given, and stored
//     as Unix milliseconds.
//   - A string that a server's text cannot hold (a zero byte, bytes that are no
//     UTF-8) is escaped on its way in and comes out as it was: a [Tx] does it, so
//     that nothing else need know.
//   - Every write of definitions and states leaves a row in ttp_change, by trigger
//     or by itself. Its number comes from a counter row that the transaction locks
//     before anything else: numbers become visible in their order and without
//     gaps, and who has read up to one has missed nothing before it.
//   - A transaction is tried again when it lost against another, or its
//     connection broke before it was to commit; never when it may have been
//     committed.
//
// For example:
//
//	db, err := postgres.Open(ctx, "postgres://tagger@db.example/ttp", store.DBOptions{Now: time.Now})
//	fresh, err := db.Ledger().Commit(ctx, &commit)
package sqldb
