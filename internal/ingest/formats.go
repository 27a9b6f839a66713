package ingest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
)

// A format is one kind of log that can be read.
type format struct {
	name  string
	about string // for help texts
	// sniff reports whether a line looks like one of this format.
	sniff func(s *sniffed) bool
	// start reads what orders the files of one sensor: the sensor and the
	// time of a line. nil = files stay in the order given.
	start func(line []byte) (sensor string, at time.Time, ok bool)
	// newDecoder makes the stateless half, for one goroutine.
	newDecoder func(fields *event.FieldSet) decoder
	// newAssembler makes the ordered half, one per run, which may feed the
	// aggregates of the run. nil = the decoder decides every line.
	newAssembler func(set *aggregate.Set, fields *event.FieldSet) assembler
}

// A decoder reads line i of a batch on its own. It may call b.addEvent, and
// leaves what it decoded in recordsOf(b) for lines it calls pending. The note
// is the reason of a rejected line, the type of an ignored one.
type decoder interface {
	decode(b *Batch, i int) (f fate, note string)
}

// An assembler decides the lines that its decoder left pending, in input
// order across all files of the format. It may call b.addEvent for the line's
// own event, and b.emitter for others. What it keeps beyond the call it clones.
type assembler interface {
	assemble(b *Batch, i int) (f fate, note string)
}

// Auto is the format that stands for: look at the first lines.
const Auto = "auto"

// formats is the table of readers. Sniffing asks in this order; the first
// also takes what nobody claims, and says line by line what is wrong with it.
func formats() []format {
	return []format{ttpFormat(), cowrieFormat(), heraldingFormat(), dionaeaFormat(), tannerFormat(), accessFormat()}
}

// Formats returns the names of the formats and what they are, in table order.
func Formats() (names, abouts []string) {
	for _, f := range formats() {
		names, abouts = append(names, f.name), append(abouts, f.about)
	}
	return names, abouts
}

// CheckFormat returns an error unless name is Auto or a format's name.
func CheckFormat(name string) error {
	names, _ := Formats()
	if name == Auto || slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("unknown format %q: want %s or %s", name, Auto, strings.Join(names, ", "))
}

// A sniffed line offers what the formats know their lines by: the names of the
// members of its JSON object, if it is one, and some of their strings.
type sniffed struct {
	line            []byte
	source, eventid string
	names           []string
}

// has reports whether the line's object has a member of one of names.
func (s *sniffed) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(s.names, name) })
}

// sniffLines bounds how many lines of a file are looked at.
const sniffLines = 20

// sniff returns the index in table of the format that a line looks like, or -1.
func sniff(table []format, l []byte) int {
	s := sniffLine(lines.NewTolerantJSON(), l)
	return slices.IndexFunc(table, func(f format) bool { return f.sniff(&s) })
}

func sniffLine(j *lines.JSON, l []byte) (s sniffed) {
	s.line = l
	if lines.CheckShape(l) != "" {
		return s
	}
	j.Reset(l, string(l))
	_ = j.Object(func(name string) error {
		s.names = append(s.names, strings.Clone(name))
		switch name {
		case "source_kind":
			return j.Text(&s.source)
		case "eventid":
			return j.Text(&s.eventid)
		}
		return j.Skip()
	})
	return s
}
