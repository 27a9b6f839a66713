// Package live shows what tags tell while they come: a [View] that is asked again
// and again for the lines of a screen.
//
// A View counts as the table of tag does and keeps the last hits, so its memory
// does not grow with the tags. What it gives fits the size that it is asked for,
// and text of attackers is escaped and cut by cells.
//
// For example:
//
//	v := live.New(live.Options{Title: "cowrie.json", Catalogue: catalogue})
//	v.Add(tags)
//	screen := terminal.Watch(os.Stdout, 250*time.Millisecond, v.Lines)
package live

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
)

// Bounds of what is kept beside the counts.
const (
	maxHits  = 64
	maxNotes = 200
	maxNote  = 1 << 10 // bytes
)

// Options are what a View shows besides tags.
type Options struct {
	Title     string // what is followed
	Catalogue *attack.Catalogue
	Palette   report.Palette
	Plain     bool // ASCII only
}

// A View is what is shown. Any number of goroutines may use it.
type View struct {
	Options

	mu      sync.Mutex
	summary *report.Summary
	hits    []hit    // the last ones, oldest first
	notes   []string // lines of the log, oldest first
	dropped int
}

// A hit is a tag as it is shown, not escaped.
type hit struct {
	at, who, technique, example string
}

// New returns a View of no tags.
func New(o Options) *View {
	return &View{Options: o, summary: report.NewSummary(o.Catalogue)}
}

// Add shows tags. It keeps nothing of them.
func (v *View) Add(tags []event.Tag) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.summary.Add(tags)
	for i := max(0, len(tags)-maxHits); i < len(tags); i++ {
		t := &tags[i]
		h := hit{who: t.AttackerIP, technique: strings.Clone(t.MostSpecific()), example: report.Example(t.Evidence)}
		if h.who == "" {
			h.who = t.AttackerUUID
		}
		h.who = strings.Clone(event.CutText(h.who, 64))
		if at, err := time.Parse(time.RFC3339, t.ObservedAt); err == nil {
			h.at = at.UTC().Format(time.TimeOnly)
		}
		v.hits = append(v.hits, h)
	}
	if len(v.hits) > maxHits {
		v.hits = append(v.hits[:0], v.hits[len(v.hits)-maxHits:]...)
	}
}

// Write takes a line of the log, which would spoil the screen: the last one is
// shown. It implements [io.Writer].
func (v *View) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.notes) == maxNotes {
		v.notes = append(v.notes[:0], v.notes[1:]...)
		v.dropped++
	}
	v.notes = append(v.notes, strings.TrimRight(event.CutText(string(p), maxNote), "\n"))
	return len(p), nil
}

// Notes returns what was logged, for where it belongs when the screen is closed.
func (v *View) Notes() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var b strings.Builder
	if v.dropped > 0 {
		b.WriteString(report.Plural(v.dropped, "line") + " of the log left out\n")
	}
	for _, n := range v.notes {
		b.WriteString(n + "\n")
	}
	return b.String()
}

// Lines returns what a screen of a size shows.
func (v *View) Lines(width, height int) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := &page{palette: v.Palette, width: width}
	p.add(v.Palette.Bold, v.Title)
	if len(v.hits) == 0 {
		p.add(plain, "no tags yet")
	} else {
		p.add(plain, v.summary.Headline())
		p.add(v.Palette.Green, v.summary.Spark(width, v.Plain))
	}
	rest := height - len(p.lines)
	if len(v.notes) > 0 {
		rest--
	}
	v.sections(p, rest)
	if len(v.notes) > 0 && height > 1 {
		p.lines = p.lines[:min(len(p.lines), height-1)]
		for len(p.lines) < height-1 {
			p.add(plain, "")
		}
		p.add(v.Palette.Yellow, v.notes[len(v.notes)-1])
	}
	return p.lines[:min(len(p.lines), height)]
}

// least is how many lines there must be for more than techniques.
const least = 14

// sections shares the rest of the screen among techniques, attackers and hits.
func (v *View) sections(p *page, rest int) {
	if rest < 3 || len(v.hits) == 0 {
		return
	}
	techniques := v.summary.Techniques()
	attackers := v.summary.Attackers(max(1, min(5, rest/5)))
	forHits := 0
	if rest < least {
		attackers = nil
	} else {
		forHits = min(len(v.hits), max(3, rest/3)-2)
		rest -= len(attackers) + 2 + forHits + 2
	}
	v.techniques(p, techniques[:min(len(techniques), rest-2)])
	if len(attackers) > 0 {
		p.add(plain, "")
		p.add(v.Palette.Bold, "  TAGS  TECHNIQUES  ATTACKER")
		for _, a := range attackers {
			who := a.Address
			if who == "" {
				who = a.Attacker
			}
			p.row(cell{report.Grouped(a.Tags), -6}, cell{strconv.Itoa(a.Techniques), -10}, cell{who, 45})
		}
	}
	if forHits > 0 {
		p.add(plain, "")
		p.add(v.Palette.Bold, "LAST HITS")
		for i := len(v.hits) - 1; i >= len(v.hits)-forHits; i-- {
			h := &v.hits[i]
			p.row(cell{h.at, 8}, cell{h.who, 15}, cell{h.technique, 9}, cell{h.example, p.width})
		}
	}
}

// sparkCells is how wide the activity of a technique is.
const sparkCells = 16

func (v *View) techniques(p *page, list []report.TechniqueCount) {
	name := p.width - 6 - 2 - 9 - 2
	spark := name >= 20+sparkCells+2
	if spark {
		name -= sparkCells + 2
	}
	p.add(plain, "")
	p.row(cell{"HITS", -6}, cell{"TECHNIQUE", 9}, cell{"NAME", name}, cell{"ACTIVITY", sparkCells})
	p.lines[len(p.lines)-1] = v.Palette.Bold(p.lines[len(p.lines)-1])
	for i := range list {
		c := &list[i]
		cells := []cell{{c.Hits.String(), -6}, {c.Technique, 9}, {v.Catalogue.FullName(c.Technique), name}}
		if spark {
			cells = append(cells, cell{v.summary.SparkOf(c, sparkCells, v.Plain), sparkCells})
		}
		p.row(cells...)
	}
}

// A page is lines that are no wider than the screen.
type page struct {
	palette report.Palette
	width   int
	lines   []string
}

func plain(s string) string { return s }

// add adds a line.
func (p *page) add(style func(string) string, text string) {
	text = escape.Cut(text, p.width)
	if text != "" {
		text = style(text)
	}
	p.lines = append(p.lines, text)
}

// A cell is a text and how wide its column is; below zero it stands right.
type cell struct {
	text  string
	width int
}

// row adds a line of cells, two blanks between them.
func (p *page) row(cells ...cell) {
	var b strings.Builder
	used := 0
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
			used += 2
		}
		room := min(max(c.width, -c.width), p.width-used)
		if room <= 0 {
			break
		}
		text := escape.Cut(c.text, room)
		pad := strings.Repeat(" ", max(0, room-escape.Width(text)))
		if c.width < 0 {
			text = pad + text
		} else {
			text += pad
		}
		b.WriteString(text)
		used += room
	}
	p.lines = append(p.lines, strings.TrimRight(b.String(), " "))
}
