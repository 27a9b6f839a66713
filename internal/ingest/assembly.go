package ingest

import (
	"fmt"
	"slices"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/ingest/state"
	"ttpctl/internal/lines"
)

// An assembly is the ordered half of a run: the assemblers of its formats and
// the aggregates that they feed. It belongs to one goroutine.
type assembly struct {
	set   *aggregate.Set
	parts []assembler // beside the table of formats; nil = has none
}

// newAssembly returns the assembly of a run that begins, or, with cfg.State,
// of one that goes on.
func newAssembly(table []format, cfg Config) (*assembly, error) {
	a := &assembly{set: aggregate.New(aggregate.Config{HashKey: cfg.HashKey, Honeytokens: cfg.Honeytokens})}
	for _, f := range table {
		var part assembler
		if f.newAssembler != nil {
			part = f.newAssembler(a.set, cfg.Fields)
		}
		a.parts = append(a.parts, part)
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
const assemblyVersion = 1

// marshal returns all that the assembly remembers.
func (a *assembly) marshal() []byte {
	c := state.NewWriter()
	set := string(a.set.MarshalState())
	a.code(c, &set)
	return c.Bytes()
}

func (a *assembly) unmarshal(b []byte) error {
	c := state.NewReader(b)
	var set string
	a.code(c, &set)
	if err := c.Finish(); err != nil {
		return err
	}
	return a.set.UnmarshalState([]byte(set))
}

func (a *assembly) code(c *state.Codec, set *string) {
	c.Version(assemblyVersion)
	c.Text(set)
	for _, part := range a.parts {
		if part != nil {
			part.code(c)
		}
	}
}

// of returns the assembler of f, a row of table.
func (a *assembly) of(table []format, f *format) assembler {
	return a.parts[slices.IndexFunc(table, func(row format) bool { return row.name == f.name })]
}

// flush closes everything that is open: the input has ended.
func (a *assembly) flush() {
	for _, part := range a.parts {
		if part != nil {
			part.flush()
		}
	}
	a.set.Flush()
}

// closeIdle closes what is over at now unless a line of it is still to come.
func (a *assembly) closeIdle(now time.Time) { a.set.Close(now) }

// drain adds to b events of what was closed, about a batch of them, and
// reports whether there is more.
func (a *assembly) drain(b *Batch) (more bool) {
	for _, part := range a.parts {
		if part != nil && part.drain(b) {
			return true
		}
	}
	return a.set.Drain(b.emitter(), max(0, lines.BlockLines-len(b.events)))
}

func (a *assembly) evicted() int {
	n := a.set.Evicted()
	for _, part := range a.parts {
		if part != nil {
			n += part.evicted()
		}
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
