package fleets

import (
	"fmt"
	"io"
	"time"

	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

// WriteText writes st for people.
func (st *Status) WriteText(w io.Writer, o report.TextOptions) error {
	for _, t := range []*report.Table{st.workerTable(), st.partitionTable(), st.roleTable()} {
		if t.Len() == 0 {
			continue
		}
		if err := t.WriteText(w, o); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "%s, %s, %s\n", report.Plural(len(st.Workers), "worker"), report.Plural(len(st.Partitions), "partition"), report.Plural(int(st.DeadLetters), "dead letter")); err != nil {
		return err
	}
	for _, p := range st.Problems {
		if _, err := fmt.Fprintf(w, "wrong: %s\n", escape.Terminal(p)); err != nil {
			return err
		}
	}
	return nil
}

func (st *Status) workerTable() *report.Table {
	t := &report.Table{Columns: []report.Column{
		{Name: "WORKER"}, {Name: "VERSION"}, {Name: "SINCE"}, {Name: "SEEN"}, {Name: "PARTITIONS", Numeric: true},
		{Name: "RULES", Numeric: true}, {Name: "RULESET"}, {Name: "STATES"},
	}}
	for i := range st.Workers {
		w := &st.Workers[i]
		var partitions any
		if w.Shares || w.Partitions > 0 {
			partitions = w.Partitions
		}
		t.Add(fmt.Sprintf("%s pid %d", w.Host, w.PID), w.Version, w.Since, w.RenewedAt, partitions, w.Rules, hash(w.Ruleset, w.OtherRules), hash(w.States, w.OtherStates))
	}
	return t
}

// shownHash is how much of a hash people are shown.
const shownHash = 12

func hash(h string, differs bool) string {
	h = h[:min(len(h), shownHash)]
	if differs {
		h += " DIFFERS"
	}
	return h
}

func (st *Status) partitionTable() *report.Table {
	t := &report.Table{Columns: []report.Column{
		{Name: "PARTITION"}, {Name: "OWNER"}, {Name: "OWNERS", Numeric: true}, {Name: "EPOCH", Numeric: true}, {Name: "COMMITTED"}, {Name: "LAG", Numeric: true},
	}}
	for i := range st.Partitions {
		p := &st.Partitions[i]
		var lag any
		if p.Lag != nil {
			lag = *p.Lag
		}
		var committed time.Time
		if p.CommittedAt != nil {
			committed = *p.CommittedAt
		}
		t.Add(p.Name, holder(p.OwnerID, p.Owner, p.Alive), p.Terms, p.Epoch, committed, lag)
	}
	return t
}

func (st *Status) roleTable() *report.Table {
	t := &report.Table{Columns: []report.Column{{Name: "ROLE"}, {Name: "HOLDER"}, {Name: "HOLDERS", Numeric: true}}}
	for _, r := range st.Roles {
		t.Add(r.Name, holder(r.OwnerID, r.Owner, r.Alive), r.Terms)
	}
	return t
}

func holder(id, note string, alive bool) string {
	switch {
	case id == "":
		return "NONE"
	case !alive:
		return note + " NO SIGN OF LIFE"
	}
	return note
}
