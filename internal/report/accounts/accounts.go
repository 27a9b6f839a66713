// Package accounts turns what a run counted into what a report says of it. It
// stands between packages ingest and worker, which count lines, events and tags by
// their own types, and package report, which knows neither readers nor rules: [New]
// takes the counts of both and the rules and states in force.
//
//	acc := accounts.New(&counted, tagger.Stats(), snapshot)
//	err := acc.WriteText(os.Stderr, meta)
package accounts

import (
	"fmt"
	"slices"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report"
	"ttpctl/internal/worker"
)

// New puts together what was read, what came of it and what was in force. Its tags
// are those that were published.
func New(a *ingest.Account, st worker.Stats, snap *engine.Snapshot) *report.Account {
	rs := snap.Ruleset()
	acc := &report.Account{
		Files: a.Files, Bytes: a.Bytes, Lines: int64(a.Lines),
		Direct: int64(a.Direct), Absorbed: int64(a.Absorbed), Rejected: int64(a.Rejected), Blank: int64(a.Blank),
		Ignored: counts(&a.IgnoredTypes), Unhandled: unhandled(a, rs),
		Events: int64(a.Events), Derived: int64(a.Events - a.Direct),
		Rules: len(rs.Rules()), Interrupted: a.Interrupted,
		NULs: a.NULs, Unfinished: a.Unfinished,
		Tags: st.Published, Filtered: st.Outside, FilteredOut: st.LeftOut,
		BelowFloor: st.BelowFloor, Panics: st.Panics, CutShort: st.CutShort, Forgotten: st.Forgotten,
	}
	for _, d := range a.Detected {
		i := slices.IndexFunc(acc.Formats, func(f report.FormatFiles) bool { return f.Format == d.Format })
		if i < 0 {
			i = len(acc.Formats)
			acc.Formats = append(acc.Formats, report.FormatFiles{Format: d.Format})
		}
		acc.Formats[i].Files = append(acc.Formats[i].Files, d.File)
	}
	for _, r := range a.Rejections {
		acc.Reasons = append(acc.Reasons, fmt.Sprintf("%s:%d: %s", r.File, r.Line, r.Reason))
	}
	for _, e := range a.Errors {
		acc.Errors = append(acc.Errors, e.Error())
	}
	addStates(acc, snap)
	return acc
}

// counts returns a tally by name, the names it did not keep together.
func counts(t *ingest.Tally) map[string]int64 {
	m := make(map[string]int64)
	for name, n := range t.Counts() {
		m[name] = int64(n)
	}
	if t.Other > 0 {
		m["others"] += int64(t.Other)
	}
	return m
}

// unhandled returns the events that no rule reads: those of unknown kinds,
// and of known ones that the ruleset has no rule for.
func unhandled(a *ingest.Account, rs *engine.Ruleset) map[string]int64 {
	m := counts(&a.UnknownKinds)
	for _, k := range event.Kinds() {
		if n := a.Kinds[k]; n > 0 && !rs.Needs().Kind(k) {
			m[k.String()] += int64(n)
		}
	}
	return m
}

// addStates names the rules that an operator has switched off or clipped.
func addStates(acc *report.Account, snap *engine.Snapshot) {
	states := snap.States()
	for _, r := range snap.Ruleset().Rules() {
		switch states[r.ID].Mode {
		case event.Disabled:
			acc.Disabled = append(acc.Disabled, r.ID)
		case event.Clipped:
			acc.Clipped = append(acc.Clipped, r.ID)
		}
	}
}
