package ingest

import (
	"maps"
	"slices"
	"strings"

	"ttpctl/internal/event"
)

// An Account says what became of everything that was read. It adds up:
// Lines = Blank + Direct + Absorbed + Ignored + Rejected.
type Account struct {
	Files int   // begun
	Bytes int64 // as stored, that is before decompression

	Lines    int
	Blank    int
	Direct   int // lines that became an event
	Absorbed int // lines that went into an aggregate or the state of a session
	Ignored  int // lines of a type that the reader does not use
	Rejected int

	// Events counts events that were evaluated or unhandled:
	// Events = Direct + Aggregated + FannedOut.
	Events       int
	Aggregated   int                 // made from several lines: aggregates, sessions
	FannedOut    int                 // commands of session events
	Kinds        [event.NumKinds]int // events by kind; KindUnknown are the unhandled ones
	UnknownKinds Tally               // unhandled events by source_kind
	IgnoredTypes Tally               // ignored lines by type
	Formats      Tally               // files by format
	Mail         int                 // stored messages that were read
	MailUnread   Tally               // emails without a body whose message could not be read, by reason
	Evicted      int                 // sessions and aggregates closed early to bound memory
	Late         int                 // lines that came after Config.Idle had closed what they belong to

	Detected   []Detected  // what files are, the first maxDetected of them
	Unknown    []FileError // files whose first lines look like no format, with what they look like
	Rejections []Rejection // the first Config.KeepRejections
	Empty      []string    // files without a single line
	Errors     []FileError // files that were not read to their end

	// NULs counts the NUL bytes dropped before lines, see lines.Cutter.
	NULs int64
	// Interrupted is set when the context ended before the input did. Unfinished
	// counts the bytes that were taken from a stream by then and are no whole
	// line.
	Interrupted bool
	Unfinished  int64
}

// maxDetected is how many files the account names the format of.
const maxDetected = 10_000

// A Detected file is one whose format was found.
type Detected struct{ File, Format string }

// A FileError is an input that was not read to its end; what came before
// was processed.
type FileError struct {
	File string
	Err  error
}

// Error returns `file: reason`.
func (e FileError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e FileError) Unwrap() error { return e.Err }

func (a *Account) count(l *line) {
	a.Lines++
	switch l.fate {
	case blank:
		a.Blank++
	case direct:
		a.Direct++
	case absorbed:
		a.Absorbed++
	case ignored:
		a.Ignored++
		a.IgnoredTypes.add(l.note, 1)
	case rejected:
		a.Rejected++
	default:
		panic("ingest: a line without a fate")
	}
}

func (a *Account) countEvent(ev *event.Event) {
	a.Events++
	a.Kinds[ev.Kind]++
	if ev.Kind == event.KindUnknown {
		a.UnknownKinds.add(ev.SourceKind, 1)
	}
}

// merge adds the counts of one batch, which must come in input order.
func (a *Account) merge(b *Batch, keep int) {
	a.addCounts(&b.account)
	a.reject(b.Rejections, keep)
}

// Add adds the account of another run by the same cfg.
func (a *Account) Add(o *Account, cfg *Config) {
	a.addCounts(o)
	a.reject(o.Rejections, cfg.withDefaults().KeepRejections)
	a.Files += o.Files
	a.Bytes += o.Bytes
	a.Formats.merge(&o.Formats)
	a.Evicted += o.Evicted
	a.Late += o.Late
	a.NULs += o.NULs
	a.Unfinished += o.Unfinished
	a.Interrupted = a.Interrupted || o.Interrupted
	a.Detected = append(a.Detected, o.Detected[:min(len(o.Detected), maxDetected-len(a.Detected))]...)
	a.Unknown, a.Errors = append(a.Unknown, o.Unknown...), append(a.Errors, o.Errors...)
	a.Empty = append(a.Empty, o.Empty...)
}

// addCounts adds what batches count.
func (a *Account) addCounts(d *Account) {
	a.Lines += d.Lines
	a.Blank += d.Blank
	a.Direct += d.Direct
	a.Absorbed += d.Absorbed
	a.Ignored += d.Ignored
	a.Rejected += d.Rejected
	a.Events += d.Events
	a.Aggregated += d.Aggregated
	a.FannedOut += d.FannedOut
	for k, n := range d.Kinds {
		a.Kinds[k] += n
	}
	a.Mail += d.Mail
	a.MailUnread.merge(&d.MailUnread)
	a.UnknownKinds.merge(&d.UnknownKinds)
	a.IgnoredTypes.merge(&d.IgnoredTypes)
}

// reject keeps the first of the rejections.
func (a *Account) reject(all []Rejection, keep int) {
	a.Rejections = append(a.Rejections, all[:min(len(all), max(0, keep-len(a.Rejections)))]...)
}

func (a *Account) reset() {
	unknown, types, unread := a.UnknownKinds, a.IgnoredTypes, a.MailUnread
	unknown.reset()
	types.reset()
	unread.reset()
	*a = Account{UnknownKinds: unknown, IgnoredTypes: types, MailUnread: unread}
}

// Bounds of a Tally that lives as long as the run: names are the sender's.
const (
	tallyNames   = 64
	tallyNameLen = 128
)

// A Tally counts by name. The names come from the input, so it keeps the
// first 64 only, cut to 128 bytes, and counts the others together.
type Tally struct {
	Other int // the count of all names that were not kept

	names  []string // in order of first appearance
	counts map[string]int
}

// Names returns the names kept, in order of first appearance.
func (t *Tally) Names() []string { return slices.Clone(t.names) }

// Count returns the count of name.
func (t *Tally) Count(name string) int { return t.counts[name] }

// Counts returns all counts by name.
func (t *Tally) Counts() map[string]int { return maps.Clone(t.counts) }

// Total returns the sum of all counts.
func (t *Tally) Total() int {
	n := t.Other
	for _, c := range t.counts {
		n += c
	}
	return n
}

// add counts name without bound: it is for one batch, which bounds it.
func (t *Tally) add(name string, n int) {
	if t.counts == nil {
		t.counts = make(map[string]int)
	}
	if _, ok := t.counts[name]; !ok {
		t.names = append(t.names, name)
	}
	t.counts[name] += n
}

// merge adds what o counted, in the order o first saw it.
func (t *Tally) merge(o *Tally) {
	for _, name := range o.names {
		n := o.counts[name]
		if len(name) > tallyNameLen {
			name = strings.ToValidUTF8(name[:tallyNameLen], "")
		}
		if _, ok := t.counts[name]; !ok && len(t.names) >= tallyNames {
			t.Other += n
			continue
		}
		t.add(strings.Clone(name), n)
	}
	t.Other += o.Other
}

func (t *Tally) reset() {
	clear(t.names)
	clear(t.counts)
	*t = Tally{names: t.names[:0], counts: t.counts}
}
