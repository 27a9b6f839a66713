package coverage

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"ttpctl/internal/attack"
	"ttpctl/internal/matrix"
	"ttpctl/internal/report"
	"ttpctl/internal/sorting"
)

// The lists that a table or CSV may be of.
const (
	Summary    = "summary"    // for people, of all; as CSV the techniques
	Techniques = "techniques" // the whole matrix
	Commands   = "commands"   // without a tag, by shape
)

// Options say what is written.
type Options struct {
	List  string
	Limit int // of commands; 0 = all
}

// Result returns the coverage as table, json, csv and navigator.
func (x *Coverage) Result(o Options) *report.Result {
	commands := func() report.Table { return x.commands(o.Limit, false) }
	r := &report.Result{
		Envelope: report.Envelope{Schema: "ttpctl.coverage/v1", Meta: x.Meta, Summary: x.sum(), Data: struct {
			Tactics    report.Table `json:"tactics"`
			Techniques report.Table `json:"techniques"`
			Commands   report.Table `json:"commands"`
		}{x.tactics(), x.techniques(), commands()}},
		CSV:   x.techniques,
		Parts: x.parts(o),
		Forms: map[string]func(io.Writer) error{"navigator": x.writeLayer},
	}
	if o.List == Commands {
		r.CSV = commands
	}
	return r
}

func (x *Coverage) parts(o Options) []report.Part {
	commands := x.commands(o.Limit, true)
	untagged := report.Part{Title: x.title(commands.Len()), Table: commands}
	switch o.List {
	case Techniques:
		return []report.Part{{Title: "Techniques of Linux, containers, clouds and network devices, and what is tagged beside them", Table: x.techniques()}}
	case Commands:
		return []report.Part{untagged}
	}
	parts := []report.Part{{Title: "By tactic: techniques of Linux, containers, clouds and network devices", Table: x.tactics()}}
	if x.begun {
		parts = append(parts, report.Part{Title: "Seen", Table: x.shown()}, untagged)
	}
	return append(parts, report.Part{Title: "Beyond reach", Table: x.classes()})
}

// A summary is what JSON sums up.
type summary struct {
	Techniques int  `json:"techniques"` // of the matrix
	Tagged     int  `json:"tagged"`
	Beyond     int  `json:"beyond"`
	Open       int  `json:"open"`
	Others     int  `json:"others"` // tagged beside the matrix
	Seen       any  `json:"seen"`   // null without an input
	Events     int  `json:"events"`
	Commands   int  `json:"commands"`
	Untagged   int  `json:"commands_untagged"`
	Shapes     int  `json:"shapes_untagged"`
	More       bool `json:"more_shapes"`
}

func (x *Coverage) sum() summary {
	n := x.matrix.Total()
	return summary{
		Techniques: n.Techniques, Tagged: n.Tagged, Beyond: n.Beyond, Open: n.Open, Others: len(x.matrix.Others),
		Seen:   x.countSeen(x.seen(), func(*matrix.Technique) bool { return true }),
		Events: x.events, Commands: x.lines, Untagged: x.untagged.Lines, Shapes: len(x.untagged.Shapes()), More: x.untagged.More,
	}
}

// Scores of the layer.
const (
	canBeTagged = 1
	wasSeen     = 2
)

// writeLayer writes a Navigator layer: what rules tag, what of it was seen, and of
// the rest why not.
func (x *Coverage) writeLayer(w io.Writer) error {
	seen := x.seen()
	var cells []report.LayerCell
	for _, list := range [][]matrix.Technique{x.matrix.Techniques, x.matrix.Others} {
		for i := range list {
			if row := &list[i]; row.Domain == attack.Enterprise {
				cells = append(cells, x.cell(row, seen[row.ID]))
			}
		}
	}
	_, err := w.Write(report.NavigatorLayer("ttpctl coverage", attack.Enterprise, x.catalogue, cells, [2]int{canBeTagged, wasSeen}))
	return err
}

func (x *Coverage) cell(row *matrix.Technique, s seen) report.LayerCell {
	c := report.LayerCell{Technique: row.Technique, Metadata: [][2]string{{"status", string(row.Status())}, {"rules", strings.Join(row.Rules, ", ")}}}
	switch row.Status() {
	case matrix.Tagged:
		c.Score = canBeTagged
	default:
		if row.Reason.Words != "" {
			c.Comment = row.Reason.About + ": " + row.Reason.Words
		}
	}
	if s.tags > 0 {
		c.Score, c.Comment = wasSeen, s.example
		c.Metadata = append(c.Metadata, [2]string{"tags", fmt.Sprint(s.tags)}, [2]string{"sessions", s.sessions.String()})
	}
	return c
}

// union returns the members of both, sorted.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// byCount returns the keys, the highest count first.
func byCount(counts map[string]int) []string {
	return sorting.Values(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}
