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

// A tagReport is what a report command asks, and what it found.
type tagReport struct {
	catalogue *attack.Catalogue
	tags      store.Tags
	path      string // of the database
	filter    store.Filter
	all       store.Filter // what filter narrows down
	by        store.Dimension
	noun      string // of by: the subcommand's name
	subject   string // that the report is about, "" = all
	limit     int    // of rows or tags, 0 = all
	// tableLimit is limit for the tags of a table.
	tableLimit int
	domain     string // of a layer

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
	if r.subject == "" && r.by != store.ByTechnique {
		r.rows, err = r.subjects(ctx)
	} else {
		r.rows, err = r.techniques(ctx)
	}
	return err
}

// about returns ` of attacker X`, "" for all tags.
func (r *tagReport) about() string {
	if r.subject == "" {
		return ""
	}
	return " of " + r.noun + " " + r.subject
}

// noteNone says that there is nothing to report, and whether the filters are why.
func (r *tagReport) noteNone(ctx context.Context, s *streams) {
	if there, err := r.tags.Techniques(ctx, r.all); err == nil && len(there) > 0 {
		s.notef("the filters leave out all tags%s in %s", r.about(), r.path)
		return
	}
	s.notef("no tags%s in %s", r.about(), r.path)
}

// first returns the first of all that the limit allows.
func first[T any](all []T, limit int) []T {
	if limit > 0 && len(all) > limit {
		return all[:limit]
	}
	return all
}

// techniques returns the distinct techniques, the most frequent first.
func (r *tagReport) techniques(ctx context.Context) (*rows, error) {
	counts, err := r.tags.Techniques(ctx, r.filter)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(counts, func(a, b store.TechniqueCount) int { return cmp.Compare(b.Hits, a.Hits) })
	rest := []report.Column{
		{Name: "NAME", Min: 16}, {Name: "TACTIC", Key: "tactic"},
		{Name: "TACTIC NAME", Fold: 2}, {Name: "TAGS", Numeric: true, Fold: 2}, {Name: "CONFIDENCE", Numeric: true, Fold: 2}, {Name: "RULES", Numeric: true},
		{Name: "FIRST SEEN", Fold: 1}, {Name: "LAST SEEN", Fold: 1},
	}
	hits := report.Column{Name: "HITS", Numeric: true}
	out := &rows{
		schema: "ttpctl.report.techniques/v1",
		table:  report.Table{Columns: append([]report.Column{hits, {Name: "TECHNIQUE"}}, rest...)},
		// As in a tag, technique_id is always the parent.
		exported: &report.Table{Columns: append([]report.Column{hits, {Name: "technique_id"}, {Name: "sub_technique_id"}}, rest...)},
	}
	total, c := 0, r.catalogue
	for _, n := range counts {
		total += n.Tags
	}
	for _, n := range first(counts, r.limit) {
		id := cmp.Or(n.SubTechnique, n.Technique)
		values := []any{c.FullName(id), n.Tactic, c.TacticName(n.Tactic), n.Tags, n.Confidence, n.Rules, n.First, n.Last}
		out.table.Add(append([]any{n.Hits, id}, values...)...)
		out.exported.Add(append([]any{n.Hits, n.Technique, orNone(n.SubTechnique)}, values...)...)
	}
	summary := map[string]any{"tags": total, "techniques": len(counts)}
	if r.subject != "" {
		summary[r.subjectKey()] = r.subject
	}
	out.summary = summary
	return out, nil
}

// subjectKey names the subject in a summary that counts techniques.
func (r *tagReport) subjectKey() string {
	if r.by == store.ByTechnique {
		return "technique"
	}
	return r.noun
}

func (r *tagReport) nouns() string {
	if r.by == store.ByIdentity {
		return "identities"
	}
	return r.noun + "s"
}

// subjects returns those who have tags, the most hits first.
func (r *tagReport) subjects(ctx context.Context) (*rows, error) {
	all, err := r.tags.Subjects(ctx, r.by, r.filter)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b store.Subject) int { return cmp.Compare(b.Hits, a.Hits) })
	columns := []report.Column{{Name: "HITS", Numeric: true}, {Name: "TAGS", Numeric: true, Fold: 2}, {Name: "TECHNIQUES", Numeric: true}, {Name: "ID", Min: 16}}
	if r.by == store.ByAttacker {
		columns = append(columns, report.Column{Name: "ADDRESS", Key: "attacker_ip"})
	}
	columns = append(columns, report.Column{Name: "FIRST SEEN", Fold: 1}, report.Column{Name: "LAST SEEN", Fold: 1})
	out := &rows{schema: "ttpctl.report." + r.noun + "/v1", table: report.Table{Columns: columns}, summary: map[string]int{r.nouns(): len(all)}}
	for _, x := range first(all, r.limit) {
		values := []any{x.Hits, x.Tags, x.Techniques, x.ID}
		if r.by == store.ByAttacker {
			values = append(values, orNone(x.Address))
		}
		out.table.Add(append(values, x.First, x.Last)...)
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

// tagBatch is how many tags are handed on at once.
const tagBatch = 512

// eachBatch calls yield for the tags in batches, those stored last first. What
// it is given is valid during the call only.
func (r *tagReport) eachBatch(ctx context.Context, limit int, yield func([]event.Tag) error) error {
	batch := make([]event.Tag, 0, tagBatch)
	err := r.tags.Each(ctx, r.filter, limit, func(t *store.StoredTag) error {
		batch = append(batch, t.Tag)
		if len(batch) < tagBatch {
			return nil
		}
		err := yield(batch)
		batch = batch[:0]
		return err
	})
	if err == nil && len(batch) > 0 {
		err = yield(batch)
	}
	return err
}

// navigator returns a layer of the tags. Its attackers, sessions and examples
// are those of each tag: they are counted here.
func (r *tagReport) navigator(ctx context.Context) ([]byte, error) {
	sum := report.NewSummary(r.catalogue)
	err := r.eachBatch(ctx, 0, func(tags []event.Tag) error { sum.Add(tags); return nil })
	if err != nil {
		return nil, err
	}
	return report.Navigator("ttpctl"+r.about(), attack.Domain(r.domain), r.catalogue, sum.Techniques()), nil
}
