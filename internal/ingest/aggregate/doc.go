// Package aggregate makes events of what only many lines show: guessing
// episodes, days of slow guessing, spraying, reuse of credentials, beacons,
// visits to a web server. docs/aggregation.md defines each by a timeline.
//
// The model: a reader of any sensor's log tells a [Set] what it saw, in input
// order: a [Login], an [Activity] (a session that went on after its login), a
// [Request]. The Set keeps one aggregate per key, in tables of bounded weight.
// An aggregate closes when an observation of its own key shows that it is
// over, when it must make room, or when the owner says that its input has
// ended ([Set.Flush]) or been silent ([Set.Close]); then its events come out.
//
// Invariants:
//   - An aggregate depends on the observations of its key alone, by their own
//     times. The only exception is making room, which is counted.
//   - Everything is deterministic, and [Set.MarshalState] holds all of it: a
//     Set that read it back makes the same events.
//   - No password is in a state or an event: an HMAC-SHA-256 of it is. Some of
//     those of late are in memory.
//   - What is kept beyond a call is cloned; observations may point into a
//     batch.
//
// For example:
//
//	set := aggregate.New(aggregate.Config{})
//	verdict := set.Login(&aggregate.Login{Sensor: "decoy-01", ...}, emit)
//	set.Flush()
//	for set.Drain(emit, 1000) {
//	}
package aggregate
