package html

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/sorting"
)

// A LiveRule is a rule in force with its state.
type LiveRule struct {
	ID, Name, About string
	Techniques      []string
	State           event.State // in effect
}

// A ruleRow is a rule as the page shows it.
type ruleRow struct {
	ID, Name, Tags, Mode, State, Until, Reason, By, Since string
	Techniques                                            []string
	tags                                                  int
}

type rulesView struct {
	Admin                               bool
	RuleCount, RulesAbout, EnabledCount string
	Switched, Enabled                   []ruleRow
}

// rules returns the rules: those that somebody switched, then the others, those
// first that tagged most.
func (b *LiveBody) rules() *rulesView {
	v := &rulesView{Admin: b.Admin, RuleCount: report.Grouped(len(b.Rules))}
	off, clipped := 0, 0
	for i := range b.Rules {
		r := &b.Rules[i]
		row := rowOf(r)
		row.tags = b.Report.tags[r.ID]
		row.Tags = blankZero(row.tags)
		switch r.State.Mode {
		case event.Disabled:
			off++
		case event.Clipped:
			clipped++
		default:
			v.Enabled = append(v.Enabled, row)
			continue
		}
		v.Switched = append(v.Switched, row)
	}
	sorting.By(v.Enabled, func(x, y ruleRow) int { return cmp.Or(cmp.Compare(y.tags, x.tags), cmp.Compare(x.ID, y.ID)) })
	v.EnabledCount = report.Grouped(len(v.Enabled))
	v.RulesAbout = "All of them are enabled."
	if len(v.Switched) > 0 {
		v.RulesAbout = fmt.Sprintf("%s switched off, %s clipped.", report.Grouped(off), report.Grouped(clipped))
	}
	return v
}

func rowOf(r *LiveRule) ruleRow {
	row := ruleRow{ID: shown(r.ID, 64), Name: shown(strings.ReplaceAll(r.Name, "_", " "), 120), Mode: r.State.Mode.String(), State: stateOf(r.State)}
	for _, id := range r.Techniques[:min(len(r.Techniques), mostChips)] {
		row.Techniques = append(row.Techniques, shown(id, 40))
	}
	if r.State.Mode != event.Enabled {
		row.Until, row.Reason, row.By, row.Since = until(r.State), shown(r.State.Reason, 300), shown(r.State.SetBy, 64), moment(r.State.SetAt)
	}
	return row
}

// stateOf says what a state does.
func stateOf(st event.State) string {
	switch st.Mode {
	case event.Disabled:
		return "off"
	case event.Clipped:
		return fmt.Sprintf("at most %.2f", st.Max)
	}
	return "enabled"
}

func until(st event.State) string {
	if st.ExpiresAt.IsZero() {
		return "until changed"
	}
	return moment(st.ExpiresAt)
}

// A RulePage is the page of one rule: its state, its history and, for who may, the
// form that changes it.
type RulePage struct {
	Visitor  Visitor
	Rule     LiveRule
	Revision string        // of the state that is shown
	History  []event.State // newest first
	// Problem says why a change was not made, "" = none was asked for; then the form
	// has what was asked.
	Problem string
	Asked   Asked
}

// Asked is what the form holds.
type Asked struct{ State, Max, TTL, Reason string }

type historyRow struct{ At, Mode, State, Until, Reason, By string }

type choice struct {
	Value, Label string
	Chosen       bool
}

// times are how long a state may last.
func times(chosen string) []choice {
	list := []choice{
		{Value: "1h", Label: "1 hour"}, {Value: "4h", Label: "4 hours"}, {Value: "1d", Label: "1 day"}, {Value: "7d", Label: "7 days"},
		{Value: "30d", Label: "30 days"}, {Value: "", Label: "as long as nobody changes it"},
	}
	i := slices.IndexFunc(list, func(c choice) bool { return c.Value == chosen })
	list[max(i, 0)].Chosen = true
	return list
}

// A switchView is what the template of a rule's page is given.
type switchView struct {
	frame
	ID, RuleName, About, Problem, Mode, State, Since, Revision, Max, Reason string
	Switched, Off, Clip, On                                                 bool
	Times                                                                   []choice
	History                                                                 []historyRow
}

// Write writes the page.
func (p *RulePage) Write(w io.Writer) error { return write(w, "rule", p.view()) }

func (p *RulePage) view() *switchView {
	const usualTime, usualMax = "4h", "0.5"
	st := p.Rule.State
	row := rowOf(&p.Rule)
	asked := p.Asked
	if asked.State == "" {
		asked = Asked{State: "disabled", Max: usualMax, TTL: usualTime}
		if st.Mode != event.Enabled {
			asked.State = "enabled"
		}
	}
	v := &switchView{
		frame: frameOf(row.ID+" "+row.Name, p.Visitor), ID: row.ID, RuleName: row.Name, About: shown(p.Rule.About, 600), Problem: shown(p.Problem, 300),
		Mode: row.Mode, State: row.State, Revision: p.Revision, Max: shown(asked.Max, 16), Reason: shown(asked.Reason, 300), Switched: st.Mode != event.Enabled,
		Off: asked.State == "disabled", Clip: asked.State == "clipped", On: asked.State == "enabled", Times: times(asked.TTL),
	}
	if v.Switched {
		v.Since = "by " + row.By + " since " + row.Since + ", " + untilWords(st) + ": " + row.Reason
	}
	for _, c := range p.History {
		h := historyRow{At: moment(c.SetAt), Mode: c.Mode.String(), State: stateOf(c), Reason: shown(c.Reason, 300), By: shown(c.SetBy, 64)}
		if c.Mode != event.Enabled {
			h.Until = until(c)
		}
		v.History = append(v.History, h)
	}
	return v
}

func untilWords(st event.State) string {
	if st.ExpiresAt.IsZero() {
		return "until somebody changes it"
	}
	return "until " + moment(st.ExpiresAt)
}
