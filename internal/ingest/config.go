package ingest

import (
	"runtime"

	"ttpctl/internal/engine"
)

// DefaultMaxLine is the longest line that is read, in bytes.
const DefaultMaxLine = 16 << 20

// A Config is how to read. The zero Config reads any format with defaults.
type Config struct {
	Format         string           // "" = Auto
	MaxLine        int              // bytes; 0 = DefaultMaxLine
	Workers        int              // goroutines to decode, and to evaluate; 0 = GOMAXPROCS
	Fields         *engine.FieldSet // payload fields to keep; nil = all
	Strict         bool             // stop at the first rejected line
	NoSort         bool             // Prepare keeps the given order
	KeepRejections int              // how many rejections Account keeps; 0 = 20
	// OnRead is told how many bytes were read from an input, as stored. Calls
	// do not overlap.
	OnRead func(n int)
}

func (c Config) withDefaults() Config {
	if c.Format == "" {
		c.Format = Auto
	}
	if c.MaxLine <= 0 {
		c.MaxLine = DefaultMaxLine
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Fields == nil {
		c.Fields = engine.AllFields()
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
	Evaluate(dst []engine.Tag, ev *engine.Event) []engine.Tag
}
