// Package fleet has several processes on one database share out what one of them
// may do at a time.
//
// There is no cluster and no leader: each [Member] renews its claims in the
// database, looks at those of all others, and decides for itself. [Member.Hold]
// runs something in one process of the fleet, [Member.Share] something for each of n
// partitions, of which every member takes its fair share: n by the members that
// live.
//
// Who lives is seen by counters. A holder moves the counter of its claim every
// [Every]; an observer takes a claim when its counter stood still for [Dead] of his
// own monotonic clock, of which he looked all the while: one that could not ask the
// database, or was stopped, begins to count anew. No clock of a database or of
// another host is in it, so clocks may be as wrong as they like.
//
// Invariants:
//   - A claim says who should work, not who may store: a holder that is stopped and
//     wakes works on until its next renewal is refused. What it stores of a partition
//     meanwhile is fenced off by the epoch of the ledger, which the next owner has
//     raised by Resume.
//   - A partition beyond one's share is drained, its state is committed, and then it
//     is given up, so that who takes it goes on where it stood.
//   - While the database cannot be reached partitions are kept: nobody can take them,
//     and nothing can be stored. What Hold runs ends before others may take it.
//
// For example:
//
//	m := fleet.Join(fleet.Config{Claims: db.Claims(), Leases: db.Leases(), ID: id})
//	defer m.Close()
//	err := m.Share(ctx, "events", 16, func(ctx context.Context, partition int) error { ... })
package fleet
