// Package state keeps what readers and aggregators remember between lines.
//
// A [Table] holds it by key within a bound of weight: whatever a log holds,
// memory stays flat, and what must make room is what was active least
// recently. A [Codec] writes it down and reads it back, compactly and
// deterministically, so that a run that was cut goes on as if it had not been.
// What is read may be corrupt: that is an error, in bounded memory, and never
// a panic.
//
//	c := state.NewWriter()
//	c.Version(1)
//	sessions.Code(c, codeKey, codeSession, weigh)
//	save(c.Bytes())
package state
