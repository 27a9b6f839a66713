package coverage

import (
	"fmt"
	"slices"
	"strings"

	"ttpctl/internal/matrix"
	"ttpctl/internal/report"
)

// tactics counts the matrix by tactic, a row for all of it first.
func (x *Coverage) tactics() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "TACTIC ID", Fold: 1}, {Name: "TACTIC"}, {Name: "TECHNIQUES", Numeric: true}, {Name: "TAGGED", Numeric: true},
		{Name: "SEEN", Numeric: true}, {Name: "BEYOND", Numeric: true}, {Name: "OPEN", Numeric: true},
	}}
	seen := x.seen()
	add := func(id, name string, n matrix.Count, in func(*matrix.Technique) bool) {
		t.Add(id, name, n.Techniques, n.Tagged, x.countSeen(seen, in), n.Beyond, n.Open)
	}
	for _, n := range x.matrix.ByTactic(x.catalogue) {
		add(n.Tactic.ID, n.Tactic.Name, n, func(row *matrix.Technique) bool { return slices.Contains(row.Tactics, n.Tactic.ID) })
	}
	add("", "all, each once", x.matrix.Total(), func(*matrix.Technique) bool { return true })
	return t
}

// countSeen returns how many techniques of the matrix were seen, themselves or by a
// sub-technique; nil without an input.
func (x *Coverage) countSeen(seen map[string]seen, in func(*matrix.Technique) bool) any {
	if !x.begun {
		return nil
	}
	parents := map[string]bool{}
	for id := range seen {
		if t, ok := x.matrix.Find(id); ok && t.Sub {
			parents[t.Parent] = true
		}
	}
	n := 0
	for i := range x.matrix.Techniques {
		row := &x.matrix.Techniques[i]
		if in(row) && (seen[row.ID].tags > 0 || parents[row.ID]) {
			n++
		}
	}
	return n
}

// techniques lists the whole matrix, and what is tagged beside it.
func (x *Coverage) techniques() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "TECHNIQUE", Key: "technique_id"}, {Name: "NAME", Min: 18}, {Name: "STATUS"}, {Name: "TAGS", Numeric: true},
		{Name: "SESSIONS", Numeric: true}, {Name: "RULES", Min: 6}, {Name: "REASON CLASS", Fold: 2}, {Name: "REASON", Min: 20},
		{Name: "TACTICS", Fold: 2}, {Name: "PLATFORMS", Min: 12, Fold: 3},
	}}
	seen := x.seen()
	for _, list := range [][]matrix.Technique{x.matrix.Techniques, x.matrix.Others} {
		for i := range list {
			row := &list[i]
			reason := row.Reason
			if row.Status() == matrix.Tagged {
				reason = matrix.Reason{}
			}
			tags, sessions := x.of(seen[row.ID])
			t.Add(row.ID, x.catalogue.FullName(row.ID), string(row.Status()), tags, sessions, row.Rules, reason.Class, reason.Words,
				row.Tactics, strings.Join(row.Platforms.Names(), ", "))
		}
	}
	return t
}

// of returns the numbers of tags and sessions; none without an input.
func (x *Coverage) of(s seen) (tags, sessions any) {
	if !x.begun {
		return nil, nil
	}
	return s.tags, s.sessions
}

// shown lists the techniques that the input showed, the most frequent first.
func (x *Coverage) shown() report.Table {
	t := report.Table{Columns: []report.Column{
		{Name: "HITS", Numeric: true}, {Name: "SESSIONS", Numeric: true}, {Name: "TAGS", Numeric: true}, {Name: "TECHNIQUE", Key: "technique_id"},
		{Name: "NAME", Min: 18}, {Name: "RULES", Min: 6},
	}}
	seen := x.seen()
	for _, n := range x.summary.Techniques() {
		s, ok := seen[n.Technique]
		if delete(seen, n.Technique); ok {
			t.Add(s.hits, s.sessions, s.tags, n.Technique, x.catalogue.FullName(n.Technique), s.rules)
		}
	}
	return t
}

// commands lists the shapes of command lines without a tag, at most limit; 0 =
// all. brief leaves out an example that says the same as its shape.
func (x *Coverage) commands(limit int, brief bool) report.Table {
	t := report.Table{Columns: []report.Column{{Name: "LINES", Numeric: true}, {Name: "SHAPE", Min: 20}, {Name: "EXAMPLE", Note: true}}}
	shapes := x.untagged.Shapes()
	if limit > 0 {
		shapes = shapes[:min(limit, len(shapes))]
	}
	for _, s := range shapes {
		if brief && s.Example == s.Shape {
			s.Example = ""
		}
		t.Add(s.Lines, s.Shape, s.Example)
	}
	return t
}

// classes counts what is beyond reach by class of reason, and says what is open.
func (x *Coverage) classes() report.Table {
	t := report.Table{Columns: []report.Column{{Name: "TECHNIQUES", Numeric: true}, {Name: "BEYOND REACH, FOR IT IS", Key: "reason", Min: 30}, {Name: "CLASS"}}}
	counts, about := map[string]int{}, map[string]string{}
	for i := range x.matrix.Techniques {
		if row := &x.matrix.Techniques[i]; row.Status() == matrix.Beyond {
			counts[row.Reason.Class]++
			about[row.Reason.Class] = row.Reason.About
		}
	}
	for _, class := range byCount(counts) {
		t.Add(counts[class], about[class], class)
	}
	return t
}

// title returns the heading of the list of commands.
func (x *Coverage) title(shown int) string {
	shapes := report.Grouped(len(x.untagged.Shapes()))
	if x.untagged.More {
		shapes += "+"
	}
	return fmt.Sprintf("Commands without a tag: %s of %s lines, %s shapes, %d shown",
		report.Grouped(x.untagged.Lines), report.Grouped(x.lines), shapes, shown)
}
