package main

import (
	"cmp"
	"context"
	"slices"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/store"
)

// A tagReport is what a report command found.
type tagReport struct {
	tags  store.Tags
	flags reportFlags
	scope store.Scope
	rows  *rows  // nil when no format of rows is wanted
	layer []byte // of the Navigator, nil when it is not wanted
}

// load reads what the formats in list need.
func (r *tagReport) load(ctx context.Context, list []output) (err error) {
	if slices.ContainsFunc(list, func(o output) bool { return o.format == "navigator" }) {
		if r.layer, err = r.navigator(ctx); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(list, func(o output) bool { return o.format != "navigator" }) {
		return nil
	}
	switch {
	case r.flags.details:
		r.rows, err = r.details(ctx)
	case r.scope.By == store.AllTags && r.flags.by != store.ByTechnique:
		r.rows, err = r.subjects(ctx)
	default:
		r.rows, err = r.techniques(ctx)
	}
	return err
}

// subject returns ` of attacker X`, "" for all tags.
func (r *tagReport) subject() string {
	if r.scope.By == store.AllTags {
		return ""
	}
	return " of " + r.flags.noun + " " + r.scope.ID
}

// techniques returns the distinct techniques, the most frequent first.
func (r *tagReport) techniques(ctx context.Context) (*rows, error) {
	counts, err := r.tags.Techniques(ctx, r.scope)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(counts, func(a, b store.TechniqueCount) int { return cmp.Compare(b.Tags, a.Tags) })
	out := &rows{schema: "ttpctl.report.techniques/v1", table: report.Table{Columns: []report.Column{
		{Name: "TAGS", Numeric: true}, {Name: "TECHNIQUE", Key: "technique_id"}, {Name: "NAME", Min: 16}, {Name: "TACTIC", Key: "tactic"},
		{Name: "TACTIC NAME", Fold: 2}, {Name: "CONFIDENCE", Numeric: true, Fold: 2}, {Name: "RULES", Numeric: true},
		{Name: "FIRST SEEN", Fold: 1}, {Name: "LAST SEEN", Fold: 1},
	}}}
	total, c := 0, attack.Default()
	for _, n := range counts {
		id := cmp.Or(n.SubTechnique, n.Technique)
		total += n.Tags
		out.table.Add(n.Tags, id, c.FullName(id), n.Tactic, c.TacticName(n.Tactic), n.Confidence, n.Rules, n.First, n.Last)
	}
	out.summary = map[string]any{"tags": total, "techniques": len(counts), r.flags.noun: r.scope.ID}
	return out, nil
}

// subjects returns those who have tags, the most tags first.
func (r *tagReport) subjects(ctx context.Context) (*rows, error) {
	all, err := r.tags.Subjects(ctx, r.flags.by)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b store.Subject) int { return cmp.Compare(b.Tags, a.Tags) })
	out := &rows{schema: "ttpctl.report." + r.flags.noun + "/v1", table: report.Table{Columns: []report.Column{
		{Name: "TAGS", Numeric: true}, {Name: "TECHNIQUES", Numeric: true}, {Name: "ID", Min: 16},
		{Name: "FIRST SEEN", Fold: 1}, {Name: "LAST SEEN", Fold: 1},
	}}, summary: map[string]int{r.flags.noun + "s": len(all)}}
	for _, x := range all {
		out.table.Add(x.Tags, x.Techniques, x.ID, x.First, x.Last)
	}
	return out, nil
}

// details returns the tags themselves.
func (r *tagReport) details(ctx context.Context) (*rows, error) {
	tags, err := r.tags.Details(ctx, r.scope, store.Page{Limit: r.flags.limit})
	if err != nil {
		return nil, err
	}
	out := &rows{schema: "ttpctl.report.details/v1", table: report.Table{Columns: []report.Column{
		{Name: "STORED", Key: "created_at"}, {Name: "TECHNIQUE", Key: "technique_id"}, {Name: "TACTIC"},
		{Name: "CONFIDENCE", Numeric: true}, {Name: "RULE", Key: "rule_id"}, {Name: "VERSION", Key: "rule_version", Numeric: true, Fold: 3},
		{Name: "ATTACKER", Key: "attacker_uuid", Fold: 2}, {Name: "IDENTITY", Key: "identity_uuid", Fold: 3}, {Name: "SESSION", Key: "session_id", Fold: 2},
		{Name: "KIND", Key: "source_kind", Fold: 3}, {Name: "SOURCE", Key: "source_id", Fold: 3}, {Name: "OBSERVED", Key: "observed_at", Fold: 3},
		{Name: "EVIDENCE", Note: true}, {Name: "TAG", Key: "uuid", Fold: 3},
	}}, summary: map[string]any{"tags": len(tags), "limit": r.flags.limit}}
	for i := range tags {
		t := &tags[i]
		out.table.Add(t.CreatedAt, t.MostSpecific(), t.Tactic, t.Confidence, t.RuleID, t.RuleVersion,
			orNone(t.AttackerUUID), orNone(t.IdentityUUID), orNone(t.SessionID.Value), t.SourceKind, t.SourceID, orNone(t.ObservedAt),
			string(t.Evidence), t.UUID.String())
	}
	return out, nil
}

// orNone returns s as a table's value, none for "".
func orNone(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// layerPage is how many tags are read at a time for a layer.
const layerPage = 10_000

// navigator returns a layer of the tags in scope. Its attackers, sessions and
// examples are those of each tag: they are counted here, page by page.
func (r *tagReport) navigator(ctx context.Context) ([]byte, error) {
	sum := report.NewSummary(nil)
	page := store.Page{Limit: layerPage}
	for {
		stored, err := r.tags.Details(ctx, r.scope, page)
		if err != nil {
			return nil, err
		}
		tags := make([]event.Tag, len(stored))
		for i := range stored {
			tags[i] = stored[i].Tag
		}
		sum.Add(tags)
		if len(stored) < layerPage {
			break
		}
		page.After = &stored[len(stored)-1]
	}
	name := "ttpctl" + r.subject()
	return report.Navigator(name, attack.Domain(r.flags.domain), attack.Default(), sum.Techniques()), nil
}
