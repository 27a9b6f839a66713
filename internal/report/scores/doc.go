// Package scores shows what package corpus measured: how precise rules are on
// labelled rows ([Score]), what they hit on rows without labels ([Census]),
// which tests they find ([Atomic]) and what a change of them does ([Impact]).
//
// Each of them knows its formats and is written as often as there are outputs.
// The measuring itself is corpus's, the tables are report's, the exit code is
// the command's.
//
// For example:
//
//	s := scores.Score{Report: measured, Meta: meta}
//	err := s.Write("junit", w, report.TextOptions{})
package scores
