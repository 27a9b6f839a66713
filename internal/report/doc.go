// Package report turns tags into what people and machines read.
//
// A tag passes through here once, at the end of its way. [NewWriter] gives a
// [Writer] for a format of the tag command: jsonl, json and csv write each tag
// as it comes and forget it; table keeps a [Summary], techniques by count,
// whose size does not depend on how many tags there are. What is rows rather
// than tags (a summary, a list of rules, a rollup) is a [Table], which knows
// how to be text, CSV, JSON and Markdown. [Navigator] makes a layer of
// technique counts. An [Account] says what was read and what became of it; it
// is a report about the run and goes to standard error, or into the summary
// of a JSON document.
//
// Invariants:
//   - Output depends on the tags and their order only: no wall clock, no
//     locale, no map order, nothing of the machine but the terminal's width.
//   - Memory is bounded, whatever the tags number or hold. Counts of distinct
//     attackers and sessions are exact up to a limit and marked beyond it.
//   - Text of attackers meets a terminal or a spreadsheet only through package
//     escape; JSON is strict (RFC 8259, valid UTF-8).
//
// For example, tags as JSON Lines:
//
//	w, err := report.NewWriter("jsonl", os.Stdout, report.Options{})
//	err = w.Write(tags)
//	err = w.Finish(&account)
package report
