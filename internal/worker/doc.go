// Package worker keeps a tagger running while rules and states change.
//
// A [Follower] subscribes to a rule source and to a state store, and one
// goroutine of it turns what they publish into snapshots, which it swaps into
// an [engine.Engine]. A [Tagger] runs events through that engine, and a
// [Journal] keeps what comes of them in a ledger, with how far the source was
// read and what is open. A [Service] does so for many sources at once.
//
// Invariants:
//   - An event is judged under exactly one snapshot, the one in force when its
//     evaluation begins.
//   - A change of state never rebuilds the index; a change of one definition
//     compiles that rule and reuses the others.
//   - A definition that does not compile leaves the last one that did in
//     force, and is told once per content. A deleted one ends at once. Of two
//     files that claim one rule, the first in name order is in force.
//   - What a Service stores of a source is what one undisturbed run of tag over
//     it gives, wherever it was killed and gone on with: tags, cursor and outbox
//     are one transaction, and so are findings without a line and the state that
//     lacks them. Nothing that was judged is judged again.
//
// For example:
//
//	f, err := worker.Follow(ctx, worker.Config{Rules: dir, States: states, Compile: cfg, Now: time.Now})
//	defer f.Close()
//	s := &worker.Service{InForce: f.Engine().Snapshot, Now: time.Now, Ledger: db.Ledger(), Ingest: ingest.Config{KeepOpen: true}}
//	err = s.Run(ctx, feeds)
package worker
