package ingest

import (
	"context"
	"slices"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
	"ttpctl/internal/ordered"
)

// A Batch is some consecutive lines of one file on their way through the
// pipeline. The sink reads Tags and Rejections, which are its own until it
// returns. Strings of events and tags are pieces of the text of the batch, which the
// reader writes over with lines to come: what outlives the batch has to be copied. Text
// that is gone is overwritten in tests under the race detector and -tags poison.
type Batch struct {
	ordered.Token

	File       string
	Log        string // Input.Log
	Ends       bool   // nothing of Log follows: there are no lines here
	Tags       []event.Tag
	Rejections []Rejection
	// Seen is what a [Witness] had to say of the batch besides tags.
	Seen any
	// State is what the readers remember behind this batch, when
	// Config.WantState asked for it, and behind what was closed without a line: a
	// run that begins with it at End goes on as this one does.
	State []byte
	// End is behind the last line, here or in a batch before; Input.From begins
	// there. It is "" where it is not known, or no State goes with it.
	End lines.Cursor
	// Part says that what was closed without a line goes on in the next batch:
	// neither stands without the other.
	Part bool
	// Judged is lines.Block's: an earlier run has judged the lines of this batch.
	Judged bool
	// ReadAt is when the last line was read; zero = there are no lines.
	ReadAt time.Time

	format  *format
	reading readingState // behind the last line, where Config.WantState may ask for it
	log     string       // the log's name, whatever its directory, rotation and compression
	block   lines.Block
	text    string   // of block, once decoding has begun
	lines   []line   // beside block.Lines
	records resetter // a *records[R], what the format's decoder leaves for its assembler
	events  []batchEvent
	account Account
	weight  int64 // share of the pipeline's byte budget
	emit    aggregate.Emit
	final   bool // under Strict: a line was rejected, nothing follows
}

// A Rejection is a line that could not be used.
type Rejection struct {
	File   string
	Line   int // from 1; of a message, its number in the stream
	Reason string
}

// A fate is what became of a line.
type fate uint8

const (
	pending  fate = iota // decoded, for the assembler to decide
	blank                // nothing but white space
	direct               // became an event
	absorbed             // went into a session's state or an aggregate
	ignored              // of a type that is not read; the note names it
	rejected             // could not be used; the note says why
)

// A line is what became of a line.
type line struct {
	fate fate
	note string
}

// A batchEvent is an event with what the pipeline needs besides.
type batchEvent struct {
	event.Event
	commands   []event.Value // of a session: each entry is a command event of its own
	aggregated bool          // no line of its own became it
}

// maxKeptEvents is for how many events and tags an empty batch keeps room. A block
// of short lines has about a thousand.
const maxKeptEvents = 4096

// Account returns what became of this batch's lines and events, for the sink.
func (b *Batch) Account() *Account { return &b.account }

// Latest returns when the last event of the batch was observed, zero when none
// says so.
func (b *Batch) Latest() (at time.Time) {
	for i := range b.events {
		if t := b.events[i].Time; t.After(at) {
			at = t
		}
	}
	return at
}

// Rejected returns the line that r, one of Rejections, is about.
func (b *Batch) Rejected(r Rejection) string {
	if !b.block.Numbered {
		return b.str(r.Line - b.block.First)
	}
	return b.str(slices.IndexFunc(b.block.Lines, func(l lines.Line) bool { return int(l.Offset) == r.Line }))
}

// number returns what people know line i by.
func (b *Batch) number(i int) int {
	if b.block.Numbered {
		return int(b.block.Lines[i].Offset)
	}
	return b.block.First + i
}

// raw returns the bytes of line i.
func (b *Batch) raw(i int) []byte { return b.block.Raw(i) }

// str returns line i as part of the batch's text.
func (b *Batch) str(i int) string {
	l := &b.block.Lines[i]
	return b.text[l.Start:l.End]
}

// next takes the lines of src that come next.
func (b *Batch) next(ctx context.Context, src lines.Source) error {
	err := src.Next(ctx, &b.block)
	b.ReadAt, b.Judged = time.Now(), b.block.Judged
	b.mark()
	return err
}

// fill takes the next lines of c, and reports whether there may be more.
func (b *Batch) fill(c *lines.Cutter) (more bool) {
	more = c.Fill(&b.block)
	b.mark()
	return more
}

// mark makes room for what becomes of the lines of the block. Those that could
// not be read are rejected.
func (b *Batch) mark() {
	for i := range b.block.Lines {
		l := line{}
		if bad := b.block.Lines[i].Bad; bad != "" {
			l = line{rejected, bad}
		}
		b.lines = append(b.lines, l)
	}
}

// addEvent appends an empty event and returns it: those behind the last are empty
// already. The pointer is good until the next call.
func (b *Batch) addEvent() *batchEvent {
	if len(b.events) < cap(b.events) {
		b.events = b.events[:len(b.events)+1]
	} else {
		b.events = append(b.events, batchEvent{})
	}
	return &b.events[len(b.events)-1]
}

// dropEvent takes back the last addEvent.
func (b *Batch) dropEvent() {
	b.dropEvents(len(b.events) - 1)
}

// dropEvents empties all events but the first n.
func (b *Batch) dropEvents(n int) {
	for i := n; i < len(b.events); i++ {
		ev := &b.events[i]
		ev.Reset()
		ev.commands, ev.aggregated = nil, false
	}
	b.events = b.events[:n]
}

// records are what a decoder of records R leaves, one slot per line.
type records[R any] struct{ slots []R }

type resetter interface{ reset() }

func (r *records[R]) reset() { clear(r.slots) }

// recordsOf returns the slots for the decoded records of b, one per line.
func recordsOf[R any](b *Batch) []R {
	r, ok := b.records.(*records[R])
	if !ok {
		r = &records[R]{}
		b.records = r
	}
	if n := len(b.lines); cap(r.slots) < n {
		r.slots = make([]R, n)
	} else {
		r.slots = r.slots[:n]
	}
	return r.slots
}

// decode is the stateless stage: it gives every line that the cutter left
// open to d.
func (b *Batch) decode(d decoder, strict bool) {
	b.text = b.block.Shared()
	for i := range b.lines {
		l := &b.lines[i]
		if l.fate == pending {
			if isBlank(b.raw(i)) {
				l.fate = blank
			} else {
				l.fate, l.note = d.decode(b, i)
			}
		}
		if strict && l.fate == rejected {
			b.lines = b.lines[:i+1]
			return
		}
	}
}

// assemble is the ordered stage: it lets a decide on the lines still pending
// and does the accounts. a is nil for formats that leave none.
func (b *Batch) assemble(a assembler, strict bool) {
	for i := range b.lines {
		l := &b.lines[i]
		if l.fate == pending {
			l.fate, l.note = a.assemble(b, i)
		}
		b.account.count(l)
		if l.fate == rejected {
			b.Rejections = append(b.Rejections, Rejection{b.File, b.number(i), l.note})
			if strict {
				b.lines, b.final = b.lines[:i+1], true
				return
			}
		}
	}
}

func isBlank(l []byte) bool {
	for _, c := range l {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// reset empties b for reuse and lets go of what it points to.
func (b *Batch) reset() {
	clear(b.Tags)
	clear(b.Rejections)
	clear(b.lines)
	b.dropEvents(0)
	if b.records != nil {
		b.records.reset()
	}
	b.account.reset()
	// The end of a day closes what all attackers did on it behind one line. Room for that
	// is not kept in each of the batches that saw one.
	if cap(b.events) > maxKeptEvents {
		b.events = nil
	}
	if cap(b.Tags) > maxKeptEvents {
		b.Tags = nil
	}
	b.Tags, b.Rejections, b.lines = b.Tags[:0], b.Rejections[:0], b.lines[:0]
	b.block.Reset()
	b.text, b.File, b.Log, b.log, b.format, b.final, b.Ends = "", "", "", "", nil, false, false
	b.reading = readingState{}
	b.State, b.End, b.weight, b.Part, b.Judged, b.ReadAt = nil, "", 0, false, false, time.Time{}
}
