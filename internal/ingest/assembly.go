package ingest

import (
	"fmt"
	"slices"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
	"ttpctl/internal/state"
)

// An assembly is the ordered half of a run: the assemblers of its formats and
// the aggregates that they feed. It belongs to one goroutine.
type assembly struct {
	set      *aggregate.Set
	parts    []part
	reading  readingState // of the input, behind the lines that were assembled
	flushing bool         // the input has ended, and the aggregates are still to be closed
}

// An openLogs is an assembly for each log of a run that has begun and not ended:
// what they remember is their own, as it is when each is followed by itself. It
// belongs to one goroutine.
type openLogs struct {
	table         []format
	cfg           Config
	sets          aggregate.Config
	open          []openLog // in the order in which they began
	evicted, late int       // of those that have ended
}

type openLog struct {
	name  string
	parts *assembly
}

// newOpenLogs returns an error when cfg.State cannot be read.
func newOpenLogs(table []format, cfg Config) (*openLogs, error) {
	l := &openLogs{table: table, cfg: cfg, sets: aggregate.Config{HashKey: cfg.HashKey, Honeytokens: cfg.Honeytokens}}
	l.sets.Pairs = aggregate.NewPairs(l.sets)
	if cfg.State == nil {
		return l, nil
	}
	parts, err := newAssembly(table, cfg, l.sets)
	l.open = append(l.open, openLog{"", parts})
	l.cfg.State = nil
	return l, err
}

// of returns the assembly of a log, which begins when there is none.
func (l *openLogs) of(name string) *assembly {
	for _, o := range l.open {
		if o.name == name {
			return o.parts
		}
	}
	parts, _ := newAssembly(l.table, l.cfg, l.sets) // without a state there is no error
	l.open = append(l.open, openLog{name, parts})
	return parts
}

// all yields the logs that are open, which may be closed meanwhile.
func (l *openLogs) all(yield func(name string, parts *assembly) bool) {
	for _, o := range slices.Clone(l.open) {
		if !yield(o.name, o.parts) {
			return
		}
	}
}

// close forgets a log that has ended.
func (l *openLogs) close(name string) {
	i := slices.IndexFunc(l.open, func(o openLog) bool { return o.name == name })
	if i < 0 {
		return
	}
	l.evicted += l.open[i].parts.evicted()
	l.late += l.open[i].parts.set.Late()
	l.open = slices.Delete(l.open, i, i+1)
}

// A part is the assembler of a format.
type part struct {
	name string
	assembler
}

// A holder is an assembler of sessions, which are open until they end.
type holder interface {
	flush()                     // the input has ended: close what is open
	drain(b *Batch) (more bool) // add events of what flush closed, about a batch
	evicted() int               // sessions closed early so far
}

// A keeper is an assembler that remembers something between lines.
type keeper interface {
	code(c *state.Codec) // write all of it, or read it
}

// newAssembly returns the assembly of a run that begins, or, with cfg.State,
// of one that goes on.
func newAssembly(table []format, cfg Config, sets aggregate.Config) (*assembly, error) {
	a := &assembly{set: aggregate.New(sets)}
	for _, f := range table {
		if f.newAssembler != nil {
			a.parts = append(a.parts, part{f.name, f.newAssembler(a.set, cfg.Fields)})
		}
	}
	if cfg.State == nil {
		return a, nil
	}
	if err := a.unmarshal(cfg.State); err != nil {
		return nil, fmt.Errorf("state of an earlier run: %w", err)
	}
	return a, nil
}

// assemblyVersion is raised whenever the form of the state changes.
const assemblyVersion = 3

// kept is the state of one part, by its format's name: a format that is new
// begins with nothing, and the others go on.
type kept struct{ name, state string }

// sourcePart is the part that is the source's, which no format is called.
const sourcePart = "(source)"

// marshal returns all that the assembly remembers.
func (a *assembly) marshal() []byte {
	set := string(a.set.MarshalState())
	var parts []kept
	for _, p := range a.parts {
		if k, ok := p.assembler.(keeper); ok {
			c := state.NewWriter()
			k.code(c)
			parts = append(parts, kept{p.name, string(c.Bytes())})
		}
	}
	if a.reading.source != nil {
		parts = append(parts, kept{sourcePart, string(a.reading.source())})
	}
	c := state.NewWriter()
	codeAssembly(c, &set, &parts, &a.reading)
	return c.Bytes()
}

func (a *assembly) unmarshal(b []byte) error {
	var set string
	var parts []kept
	c := state.NewReader(b)
	codeAssembly(c, &set, &parts, &a.reading)
	if err := c.Finish(); err != nil {
		return err
	}
	if err := a.set.UnmarshalState([]byte(set)); err != nil {
		return err
	}
	for _, p := range parts {
		if err := a.restore(p); err != nil {
			return err
		}
	}
	return nil
}

func (a *assembly) restore(p kept) error {
	if p.name == sourcePart {
		a.reading.source = func() []byte { return []byte(p.state) }
		return nil
	}
	k, ok := a.of(p.name).(keeper)
	if !ok {
		return fmt.Errorf("it holds what a reader of %q remembers, which this version has not", p.name)
	}
	c := state.NewReader([]byte(p.state))
	k.code(c)
	return c.Finish()
}

func codeAssembly(c *state.Codec, set *string, parts *[]kept, reading *readingState) {
	c.Version(assemblyVersion)
	c.Text(set)
	state.Slice(c, parts, func(c *state.Codec, k *kept) {
		c.Text(&k.name)
		c.Text(&k.state)
	})
	reading.code(c)
}

// of returns the assembler of the format called name, or nil.
func (a *assembly) of(name string) assembler {
	i := slices.IndexFunc(a.parts, func(p part) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return a.parts[i].assembler
}

// holders yields the parts that hold sessions.
func (a *assembly) holders(yield func(holder) bool) {
	for _, p := range a.parts {
		if h, ok := p.assembler.(holder); ok && !yield(h) {
			return
		}
	}
}

// flush closes everything that is open: the input has ended. The aggregates
// follow when drain has ended the sessions, which tell them of it.
func (a *assembly) flush() {
	for h := range a.holders {
		h.flush()
	}
	a.flushing = true
}

// closeSilent closes what would be over if each sensor's time had gone on for
// a while since its last line.
func (a *assembly) closeSilent(while time.Duration) { a.set.Silent(while) }

// drain adds to b events of what was closed, about a batch of them, and
// reports whether there is more.
func (a *assembly) drain(b *Batch) (more bool) {
	for h := range a.holders {
		if h.drain(b) {
			return true
		}
	}
	if a.flushing {
		a.flushing = false
		a.set.Flush()
	}
	return a.set.Drain(b.emitter(), max(0, lines.BlockLines-len(b.events)))
}

func (a *assembly) evicted() int {
	n := a.set.Evicted()
	for h := range a.holders {
		n += h.evicted()
	}
	return n
}

// emitter returns what gives aggregates the events of b.
func (b *Batch) emitter() aggregate.Emit {
	if b.emit == nil {
		b.emit = func() *event.Event {
			ev := b.addEvent()
			ev.aggregated = true
			return &ev.Event
		}
	}
	return b.emit
}
