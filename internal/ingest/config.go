package ingest

import (
	"runtime"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// A Config is how to read. The zero Config reads any format with defaults.
type Config struct {
	Format         string          // "" = Auto
	MaxLine        int             // bytes; 0 = lines.DefaultMaxLine
	Workers        int             // goroutines to decode, and to evaluate; 0 = GOMAXPROCS
	Fields         *event.FieldSet // payload fields to keep; nil = all
	Strict         bool            // stop at the first rejected line
	NoSort         bool            // Prepare keeps the given order
	KeepCopies     bool            // Prepare keeps files that say the same
	KeepRejections int             // how many rejections Account keeps; 0 = 20

	Artifacts string // directory of stored mail, DIR/<decky_id>/<stored_as>; "" = none

	HashKey     []byte      // key of the hashes of passwords; nil = aggregate.DefaultHashKey
	Honeytokens [][2]string // planted pairs of user name and password

	// State is what readers and aggregates remembered at the end of an earlier
	// run, see Batch; nil = they begin anew.
	State []byte
	// WantState is asked, in order, of each batch whether it is to carry the
	// state behind it. nil = none is.
	WantState func(*Batch) bool
	// KeepOpen leaves open what is open at the end of the input: a later run
	// goes on from the state. Otherwise all of it is closed there.
	KeepOpen bool
	// Idle, when not nil, is a clock that ticks. While an input without an end
	// is silent, and all of it has been read, the time of its sensors goes on
	// with the clock, and what is over by then is closed. Without it, and while
	// lines come, only their own times count.
	Idle <-chan time.Time

	// Quiet, when not nil, is called on the sink's goroutine when nothing has come
	// for QuietAfter: the time to do what waits for a full load. Its error ends
	// the run as sink's does.
	Quiet      func() error
	QuietAfter time.Duration

	// OnRead is told how many bytes were read from an input, as stored. Calls
	// do not overlap.
	OnRead func(n int)
}

func (c Config) withDefaults() Config {
	if c.Format == "" {
		c.Format = Auto
	}
	if c.MaxLine <= 0 {
		c.MaxLine = lines.DefaultMaxLine
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Fields == nil {
		c.Fields = event.AllFields()
	}
	if c.KeepRejections <= 0 {
		c.KeepRejections = 20
	}
	if c.OnRead == nil {
		c.OnRead = func(int) {}
	}
	return c
}

// An Evaluator appends the tags of one event to dst. Each belongs to one
// goroutine. It must not keep ev. Events of unknown kinds do not reach it.
type Evaluator interface {
	Evaluate(dst []event.Tag, ev *event.Event) []event.Tag
}
