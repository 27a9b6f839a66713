package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ttpctl/internal/attack"
)

// topAttackers is how many attackers the text names.
const topAttackers = 5

// WriteText writes the summary for people: one line of totals, techniques by
// count, the busiest attackers.
func (s *Summary) WriteText(w io.Writer, o TextOptions) error {
	if s.tags == 0 {
		_, err := io.WriteString(w, "no techniques found\n")
		return err
	}
	headline := s.Headline()
	if o.Width > 0 {
		headline = strings.Join(wrap(headline, o.Width), "\n")
	}
	if o.Spark && o.Width >= leastSpark {
		headline += "\n" + s.Spark(o.Width, false)
	}
	if _, err := fmt.Fprintf(w, "%s\n\n", headline); err != nil {
		return err
	}
	if err := s.shown(o).WriteText(w, o); err != nil {
		return err
	}
	if s.attackers.count().N < 2 {
		return nil
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return s.attackerTable().WriteText(w, o)
}

// Headline returns `4 techniques in 20 tags, 3 attackers, 5 sessions,
// 2026-03-18 10:26 to 2026-03-19 01:02 UTC`.
func (s *Summary) Headline() string {
	ids := make(map[string]struct{})
	for key := range s.techniques {
		ids[key.id] = struct{}{}
	}
	parts := []string{Plural(int64(len(ids)), "technique") + " in " + Plural(int64(s.tags), "tag")}
	if c := s.attackers.count(); c.N > 0 {
		parts = append(parts, pluralCount(c, "attacker"))
	}
	if c := s.identities.count(); c.N > 0 {
		parts = append(parts, identities(c))
	}
	if c := s.sessions.count(); c.N > 0 {
		parts = append(parts, pluralCount(c, "session"))
	}
	if !s.seen.first.IsZero() {
		parts = append(parts, s.seen.first.UTC().Format(minute)+" to "+s.seen.last.UTC().Format(minute)+" UTC")
	}
	return strings.Join(parts, ", ")
}

func pluralCount(c Count, noun string) string {
	if c.N == 1 && !c.More {
		return "1 " + noun
	}
	return c.String() + " " + noun + "s"
}

// Cells of sparklines: a terminal that is narrower than leastSpark has none.
const (
	leastSpark  = 40
	mostSpark   = 100
	columnSpark = 16
)

// Spark returns when the tags were observed, in a line of the summary that is at
// most width cells wide.
func (s *Summary) Spark(width int, plain bool) string {
	const label = "activity  "
	return strings.TrimRight(label+s.activity.Spark(s.seen.first, s.seen.last, min(width-len(label), mostSpark), plain), " ")
}

// SparkOf returns when a technique was observed, over the span of all tags.
func (s *Summary) SparkOf(c *TechniqueCount, cells int, plain bool) string {
	row := s.techniques[techniqueKey{c.Tactic, c.Technique}]
	if row == nil {
		return ""
	}
	return row.activity.Spark(s.seen.first, s.seen.last, cells, plain)
}

// shown is the table for people: with the activity of each technique where it
// fits beside all else.
func (s *Summary) shown(o TextOptions) *Table {
	t := s.Table()
	if !o.Spark || s.seen.first.Equal(s.seen.last) {
		return t
	}
	with := s.Table()
	const at = 6 // before TAGS
	with.Columns = slices.Insert(with.Columns, at, Column{Name: "ACTIVITY", Fold: 9})
	for i, c := range s.Techniques() {
		with.rows[i] = slices.Insert(with.rows[i], at, any(s.SparkOf(&c, columnSpark, false)))
	}
	if slices.Contains(layOut(with.Columns, with.texts(), o.Width).folded, at) {
		return t
	}
	return with
}

// Table returns the techniques as a table, the most frequent first: what a
// script repeats within a session makes one hit of a rule.
func (s *Summary) Table() *Table {
	t := &Table{Columns: []Column{
		{Name: "HITS", Numeric: true},
		{Name: "TECHNIQUE", Key: "technique_id"},
		{Name: "NAME", Max: 60, Min: 18},
		{Name: "TACTIC", Max: 40, Min: 12, Fold: 1},
		{Name: "ATTACKERS", Numeric: true, Fold: 2},
		{Name: "SESSIONS", Numeric: true, Fold: 2},
		{Name: "TAGS", Numeric: true, Fold: 4},
		{Name: "FIRST SEEN", Fold: 4},
		{Name: "LAST SEEN", Fold: 4},
		{Name: "RULES", Max: 60, Min: 6, Fold: 3},
		{Name: "EXAMPLE", Note: true},
	}}
	for _, c := range s.Techniques() {
		t.Add(c.Hits, c.Technique, techniqueName(s.catalogue, c.Domain, c.Technique), tacticName(s.catalogue, c.Tactic),
			c.who(), c.Sessions, c.Tags, c.First, c.Last, c.Rules, c.Example)
	}
	return t
}

// who returns how many attackers the technique was seen of: a Count, or a text
// where tags are of whole identities and of no single attacker.
func (c *TechniqueCount) who() any {
	switch {
	case c.Identities.N == 0:
		return c.Attackers
	case c.Attackers.N == 0:
		return identities(c.Identities)
	}
	return c.Attackers.String() + ", " + identities(c.Identities)
}

func identities(c Count) string {
	if c.N == 1 && !c.More {
		return "1 identity"
	}
	return c.String() + " identities"
}

func (s *Summary) attackerTable() *Table {
	t := &Table{Columns: []Column{
		{Name: "TAGS", Numeric: true},
		{Name: "TECHNIQUES", Numeric: true},
		{Name: "BUSIEST ATTACKERS", Key: "attacker_ip"},
		{Name: "ATTACKER UUID", Key: "attacker_uuid", Max: nameBytes, Fold: 1},
	}}
	for _, a := range s.Attackers(topAttackers) {
		t.Add(a.Tags, a.Techniques, a.Address, a.Attacker)
	}
	return t
}

// techniqueName returns `Brute Force: Password Guessing`; "" for an id that
// the catalogue does not have.
func techniqueName(c *attack.Catalogue, d attack.Domain, id string) string {
	t, ok := c.Technique(d, id)
	if !ok {
		t, ok = c.Find(id)
	}
	if !ok || !t.Sub {
		return t.Name
	}
	parent, _ := c.Technique(t.Domain, t.Parent)
	return parent.Name + ": " + t.Name
}

// tacticName returns the tactic's name, or the id of one that the catalogue
// does not have.
func tacticName(c *attack.Catalogue, id string) string {
	if t, ok := c.Tactic(id); ok {
		return t.Name
	}
	return id
}
