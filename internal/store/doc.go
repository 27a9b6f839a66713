// Package store keeps what outlives a run: rule definitions, the operator's
// states, tags, and how far each source was read.
//
// Definitions and states are two planes with one interface each. A
// [RuleSource] hands out rule files as bytes, a [StateStore] what an operator
// allows each rule to do. Both load and watch in one operation: Watch returns
// what is in force and a [Subscription] to every later change, registered in
// the same critical section, so that nothing falls between the two.
//
// Invariants:
//   - A subscription is a mailbox per rule. Repeated changes of one rule that
//     nobody took yet become one, with the last content; changes of different
//     rules never merge. A mailbox is bounded by the number of rules and never
//     blocks the publisher.
//   - What cannot be stored is an error, of a [Class] that says whether it
//     passes by itself. What a store goes on after (an unreadable file, a busy
//     database that is followed) changes nothing in force and is told once, as
//     a [Notice].
//   - Which of two files that claim one rule is in force, and which content of
//     one that is broken, is no affair of a store: package worker decides it.
//   - The clock is passed in. Instants are stored, and compared, as Unix
//     milliseconds.
//
// What a run did is a third thing: a [Ledger] takes tags, their way into the
// [Outbox] and the cursor behind their lines in one transaction, and sets aside
// what could not be processed ([DeadLetters]). Several processes on one store say
// that they live by [Leases], and share out by [Claims] what one of them may do at a
// time.
//
// This package holds the contracts, the mailbox, the holder of a lease and what
// lives in memory. One package below it is an implementation: rulesdir, sqlite,
// postgres, mysql, the last three over sqldb.
// Package storetest has the suites that all of them pass.
//
// For example, following a directory:
//
//	dir, err := rulesdir.Open(ctx, "rules/ttp", rulesdir.Options{Now: time.Now})
//	sources, sub, err := dir.Watch(ctx)
//	for {
//		change, err := sub.Next(ctx)
//	}
package store
