package corpus

import (
	"cmp"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/sorting"
)

// maxUntagged bounds the shapes that are told apart: 20 MiB at most.
const maxUntagged = 20_000

// An UntaggedShape is what lines of one shape have in common: that no rule
// tagged them.
type UntaggedShape struct {
	Shape   string `json:"shape"`
	Lines   int    `json:"lines"`
	Example string `json:"example"` // the first
}

// An Untagged counts command lines that no rule tagged, by shape: what is left
// to do for an author of rules. Its zero value is empty; it belongs to one
// goroutine.
type Untagged struct {
	Lines  int
	More   bool // there are more shapes than Shapes gives
	shapes map[string]*UntaggedShape
}

// Add counts a command. Blank ones count for nothing.
func (u *Untagged) Add(ev *event.Event) {
	id, _ := event.LookupField(ev.Kind, ev.Kind.DefaultField())
	text, _ := ev.Text(id)
	u.AddText(text)
}

// AddText is Add for a command of which nothing but the text is at hand.
func (u *Untagged) AddText(text string) {
	shape := event.CutText(Shape(text), maxText)
	if shape == "" {
		return
	}
	u.Lines++
	s := u.shapes[shape]
	switch {
	case s != nil:
		s.Lines++
	case len(u.shapes) >= maxUntagged:
		u.More = true
	default:
		if u.shapes == nil {
			u.shapes = map[string]*UntaggedShape{}
		}
		u.shapes[shape] = &UntaggedShape{Shape: shape, Lines: 1, Example: strings.Clone(event.CutText(text, maxText))}
	}
}

// Shapes returns the shapes, the most frequent first, ties by shape.
func (u *Untagged) Shapes() []UntaggedShape {
	list := make([]UntaggedShape, 0, len(u.shapes))
	for _, s := range u.shapes {
		list = append(list, *s)
	}
	sorting.By(list, func(a, b UntaggedShape) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(a.Shape, b.Shape))
	})
	return list
}
