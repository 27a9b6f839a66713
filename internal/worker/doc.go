// Package worker keeps a tagger running while rules and states change.
//
// A [Follower] subscribes to a rule source and to a state store, and one
// goroutine of it turns what they publish into snapshots, which it swaps into
// an [engine.Engine]. A [Tagger] runs events through that engine: stores their
// tags, and publishes those that were not stored before.
//
// Invariants:
//   - An event is judged under exactly one snapshot, the one in force when its
//     evaluation begins.
//   - A change of state never rebuilds the index; a change of one definition
//     compiles that rule and reuses the others.
//   - A definition that does not compile leaves the last one that did in
//     force, and is told once per content. A deleted one ends at once. Of two
//     files that claim one rule, the first in name order is in force.
//   - With a store, a tag is published after it was stored and only if it is
//     new: a replay publishes nothing.
//
// For example:
//
//	f, err := worker.Follow(ctx, worker.Config{Rules: dir, States: states, Compile: cfg, Now: time.Now})
//	defer f.Close()
//	t := worker.Tagger{InForce: f.Engine().Snapshot, Tags: db.Tags(), Following: true, Publish: print, Now: time.Now}
//	account, err := t.Run(ctx, inputs, ingest.Config{})
package worker
