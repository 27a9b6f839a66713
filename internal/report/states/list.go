package states

import (
	"fmt"
	"slices"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A Filter chooses rules by their states.
type Filter struct {
	Modes  []event.Mode // nil = all
	By     string       // who set it, "" = anyone
	Before time.Time    // the state ends before; zero = whenever
}

func (f Filter) keeps(st event.State) bool {
	return (f.Modes == nil || slices.Contains(f.Modes, st.Mode)) &&
		(f.By == "" || st.SetBy == f.By) &&
		(f.Before.IsZero() || !st.ExpiresAt.IsZero() && !st.ExpiresAt.After(f.Before))
}

// A Listing is rules and their states in rows.
type Listing struct {
	report.Rows
	modes map[string]int // how many rules are in which mode
	from  string         // where the rules come from
}

// List returns the rules called ids that the filter keeps, with their states.
func List(ids []string, known *store.Known, states event.States, f Filter, now time.Time) *Listing {
	l := &Listing{modes: map[string]int{}, from: known.Where}
	l.Rows = report.Rows{Schema: "ttpctl.rule.list/v1", Table: report.Table{Columns: listColumns()}, StateHash: states.Hash()}
	for _, id := range ids {
		st := states[id]
		if !f.keeps(st) {
			continue
		}
		l.modes[st.Mode.String()]++
		rule, inForce := known.Find(id)
		var version any
		if inForce {
			version = rule.Version
		}
		l.Table.Add(id, rule.Name, version, st.Mode.String(), ceiling(st), st.ExpiresAt, report.Remaining(st.ExpiresAt, now),
			st.Reason, st.SetBy, st.SetAt, inForce)
	}
	l.Rows.Summary = map[string]any{"rules": l.Table.Len(), "states": l.modes, "rules_from": l.from}
	return l
}

func listColumns() []report.Column {
	return []report.Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "NAME", Fold: 2, Min: 12}, {Name: "VERSION", Key: "rule_version", Numeric: true, Fold: 2},
		{Name: "STATE"}, {Name: "MAX", Key: "confidence_max", Numeric: true}, {Name: "UNTIL", Key: "expires_at"},
		{Name: "IN", Key: "expires_in"}, {Name: "REASON", Min: 12, Fold: 1}, {Name: "BY", Key: "set_by"},
		{Name: "SINCE", Key: "set_at", Fold: 2}, {Name: "IN FORCE", Fold: 2},
	}
}

// Line returns the line that ends a run.
func (l *Listing) Line() string {
	return fmt.Sprintf("%s of %s, %d disabled, %d clipped", report.Plural(l.Table.Len(), "rule"), l.from, l.modes["disabled"], l.modes["clipped"])
}

// History returns changes of states in rows.
func History(changes []store.StateChange) *report.Rows {
	r := &report.Rows{Schema: "ttpctl.rule.history/v1", Table: report.Table{Columns: []report.Column{
		{Name: "WHEN", Key: "set_at"}, {Name: "RULE", Key: "rule_id"}, {Name: "STATE"},
		{Name: "MAX", Key: "confidence_max", Numeric: true}, {Name: "UNTIL", Key: "expires_at"},
		{Name: "BY", Key: "set_by"}, {Name: "REASON", Min: 12, Fold: 1},
		{Name: "REVISION", Numeric: true, Fold: 2},
	}}, Summary: map[string]int{"changes": len(changes)}}
	for _, c := range changes {
		r.Table.Add(c.State.SetAt, c.RuleID, c.State.Mode.String(), ceiling(c.State), c.State.ExpiresAt,
			c.State.SetBy, c.State.Reason, c.Revision)
	}
	return r
}
