// Package states shows rules under the states that operators gave them: which
// are switched off or clipped ([List]), what one rule says ([Shown]), who changed
// what ([History]), what state a command asks for ([Asked]), and what it just
// changed ([Change]).
//
// A rule's definition comes from the taggers that run it, its state from the
// database; either may be there without the other. JSON has null for whatever a
// state lacks.
//
// For example:
//
//	rows := states.List(ids, known, inEffect, states.Filter{By: "alice"}, now)
//	err := rows.Write("table", os.Stdout, meta, report.TextOptions{Width: 80})
package states
