// Package lifters decides what no pattern over one field can: counts,
// rollups, verdicts, flags, fingerprints.
//
// The table of [Specs] has one row a predicate: its match.kind, the event
// kinds it reads, its parameters, the evidence keys it may write, and the
// function that builds it. [Builders] turns the rows into what engine.Compile
// looks up by match.kind. A predicate is added by one row and one function;
// its file is its owner's (behavioral.go, credential.go, ...).
//
// A build function declares the payload fields it reads through its binding,
// and gets handles; what it declared is what the matcher's Reads answers, so
// that the two cannot drift apart. Matching is pure and returns no error: an
// absent field, or one of another type, is a rule that does not fire.
// Everything that can be wrong with a rule is a diagnostic when it is built,
// trouble with the shipped tables in data/ included.
//
// Evidence is decided here, by key. Behavioral rules show the evidence_fields
// that they name, overridden by what the predicate adds; all other lifters
// write exactly the keys of their row, and a rule that asks for another is
// refused.
//
//	builders := lifters.Builders()
//	matcher, diags := builders["lifter:credential_reuse"](params)
package lifters
