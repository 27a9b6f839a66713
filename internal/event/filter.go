package event

import (
	"slices"
	"time"
)

// A Filter chooses among events and their tags. Its zero value keeps all. It
// is not changed once in use, and then safe for concurrent use.
type Filter struct {
	MinConfidence float64
	Rules         []string // nil = all, as for the other lists
	Techniques    []string // a parent covers its sub-techniques
	Tactics       []string // ids
	Since, Until  time.Time
}

// Covers reports whether ev lies in the time range, from Since on and before
// Until. An event without a time is in no range.
func (f *Filter) Covers(ev *Event) bool {
	if f.Since.IsZero() && f.Until.IsZero() {
		return true
	}
	return !ev.Time.IsZero() && !ev.Time.Before(f.Since) && (f.Until.IsZero() || ev.Time.Before(f.Until))
}

// Keeps reports whether a tag is wanted, whatever its event's time.
func (f *Filter) Keeps(t *Tag) bool {
	return t.Confidence >= f.MinConfidence &&
		(f.Rules == nil || slices.Contains(f.Rules, t.RuleID)) &&
		(f.Tactics == nil || slices.Contains(f.Tactics, t.Tactic)) &&
		(f.Techniques == nil || slices.Contains(f.Techniques, t.Technique) || slices.Contains(f.Techniques, t.MostSpecific()))
}

// Keep returns those of tags that are wanted, in the same array.
func (f *Filter) Keep(tags []Tag) []Tag {
	n := 0
	for n < len(tags) && f.Keeps(&tags[n]) {
		n++
	}
	kept := tags[:n]
	for i := n; i < len(tags); i++ {
		if f.Keeps(&tags[i]) {
			kept = append(kept, tags[i])
		}
	}
	return kept
}
