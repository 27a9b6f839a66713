package stored

import (
	"cmp"
	"context"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/sorting"
	"ttpctl/internal/store"
)

// A Report is what is asked of the stored tags. It is for one goroutine at a
// time.
type Report struct {
	Catalogue *attack.Catalogue
	Tags      store.Tags
	Path      string // of the database
	Filter    store.Filter
	All       store.Filter // what Filter narrows down
	By        store.Dimension
	Noun      string // of By: the subcommand's name
	Subject   string // that the report is about, "" = all
	Limit     int    // of rows or tags, 0 = all
	// TableLimit is Limit for the tags of a table.
	TableLimit int
	Export     report.Export
}

// Rows returns the subjects that have tags, or the techniques of the one that
// the report is about.
func (r *Report) Rows(ctx context.Context) (*report.Rows, error) {
	if r.Subject == "" && r.By != store.ByTechnique {
		return r.subjects(ctx)
	}
	return r.techniques(ctx)
}

// about returns ` of attacker X`, "" for all tags.
func (r *Report) about() string {
	if r.Subject == "" {
		return ""
	}
	return " of " + r.Noun + " " + r.Subject
}

// None says that there is nothing to report, and whether the filters are why.
func (r *Report) None(ctx context.Context) string {
	if there, err := r.Tags.Techniques(ctx, r.All); err == nil && len(there) > 0 {
		return "the filters leave out all tags" + r.about() + " in " + r.Path
	}
	return "no tags" + r.about() + " in " + r.Path
}

// first returns the first of all that the limit allows.
func first[T any](all []T, limit int) []T {
	if limit > 0 && len(all) > limit {
		return all[:limit]
	}
	return all
}

// techniques returns the distinct techniques, the most frequent first.
func (r *Report) techniques(ctx context.Context) (*report.Rows, error) {
	counts, err := r.Tags.Techniques(ctx, r.Filter)
	if err != nil {
		return nil, err
	}
	sorting.By(counts, func(a, b store.TechniqueCount) int { return cmp.Compare(b.Hits, a.Hits) })
	rest := []report.Column{
		{Name: "NAME", Min: 16}, {Name: "TACTIC", Key: "tactic"},
		{Name: "TACTIC NAME", Fold: 2}, {Name: "TAGS", Numeric: true, Fold: 2}, {Name: "CONFIDENCE", Numeric: true, Fold: 2}, {Name: "RULES", Numeric: true},
		{Name: "FIRST SEEN", Fold: 1}, {Name: "LAST SEEN", Fold: 1},
	}
	hits := report.Column{Name: "HITS", Numeric: true}
	out := &report.Rows{
		Schema: "ttpctl.report.techniques/v1",
		Table:  report.Table{Columns: append([]report.Column{hits, {Name: "TECHNIQUE"}}, rest...)},
		// As in a tag, technique_id is always the parent.
		Exported: &report.Table{Columns: append([]report.Column{hits, {Name: "technique_id"}, {Name: "sub_technique_id"}}, rest...)},
	}
	total, c := 0, r.Catalogue
	for _, n := range counts {
		total += n.Tags
	}
	for _, n := range first(counts, r.Limit) {
		id := cmp.Or(n.SubTechnique, n.Technique)
		values := []any{c.FullName(id), n.Tactic, c.TacticName(n.Tactic), n.Tags, n.Confidence, n.Rules, n.First, n.Last}
		out.Table.Add(append([]any{n.Hits, id}, values...)...)
		out.Exported.Add(append([]any{n.Hits, n.Technique, orNone(n.SubTechnique)}, values...)...)
	}
	summary := map[string]any{"tags": total, "techniques": len(counts)}
	if r.Subject != "" {
		summary[r.subjectKey()] = r.Subject
	}
	out.Summary = summary
	return out, nil
}

// subjectKey names the subject in a summary that counts techniques.
func (r *Report) subjectKey() string {
	if r.By == store.ByTechnique {
		return "technique"
	}
	return r.Noun
}

func (r *Report) nouns() string {
	if r.By == store.ByIdentity {
		return "identities"
	}
	return r.Noun + "s"
}

// subjects returns those who have tags, the most hits first.
func (r *Report) subjects(ctx context.Context) (*report.Rows, error) {
	all, err := r.Tags.Subjects(ctx, r.By, r.Filter)
	if err != nil {
		return nil, err
	}
	sorting.By(all, func(a, b store.Subject) int { return cmp.Compare(b.Hits, a.Hits) })
	columns := []report.Column{{Name: "HITS", Numeric: true}, {Name: "TAGS", Numeric: true, Fold: 2}, {Name: "TECHNIQUES", Numeric: true}, {Name: "ID", Min: 16}}
	if r.By == store.ByAttacker {
		columns = append(columns, report.Column{Name: "ADDRESS", Key: "attacker_ip"})
	}
	columns = append(columns, report.Column{Name: "FIRST SEEN", Fold: 1}, report.Column{Name: "LAST SEEN", Fold: 1})
	out := &report.Rows{Schema: "ttpctl.report." + r.Noun + "/v1", Table: report.Table{Columns: columns}, Summary: map[string]int{r.nouns(): len(all)}}
	for _, x := range first(all, r.Limit) {
		values := []any{x.Hits, x.Tags, x.Techniques, x.ID}
		if r.By == store.ByAttacker {
			values = append(values, orNone(x.Address))
		}
		out.Table.Add(append(values, x.First, x.Last)...)
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

// Layer returns a Navigator layer of the tags. Its attackers, sessions and examples
// are those of each tag: they are counted here.
func (r *Report) Layer(ctx context.Context) ([]byte, error) {
	sum := report.NewSummary(r.Catalogue)
	one := make([]event.Tag, 1)
	err := r.Tags.EachCounted(ctx, r.Filter, func(t *event.Tag) error { one[0] = *t; sum.Add(one); return nil })
	if err != nil {
		return nil, err
	}
	return report.Navigator("ttpctl"+r.about(), attack.Domain(r.Export.Domain), r.Catalogue, sum.Techniques()), nil
}
