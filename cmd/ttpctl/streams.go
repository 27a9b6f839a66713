package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
)

// streams are what a command may touch of the process it runs in: where it
// reads and writes, the environment, the clock, the log. A runX function gets
// nothing else of it, so that tests can run it whole.
type streams struct {
	in       io.Reader
	out, err stream
	lookup   func(name string) (string, bool) // of the environment
	environ  func() []string                  // NAME=VALUE
	now      func() time.Time
	attack   func() *attack.Catalogue // parsed when it is first asked for
	outlines func() *engine.Outlines  // of the embedded pack, unpacked then

	// Set by root from the global flags.
	log   *slog.Logger
	logTo func(io.Writer) *slog.Logger // log that is written elsewhere
	color string                       // --color
	quiet bool                         // --quiet
	// noPager is --no-pager; what is followed shows no pages either.
	noPager bool
	hold    func() (release func()) // keeps interrupts from ending the process; nil = they may
	// followLinks is --follow-symlinks: links among rules may lead anywhere.
	followLinks bool
	reads       func() []string // the files that every command may read; nil = none
}

// A stream is an output of the process.
type stream struct {
	io.Writer
	tty bool
}

// getenv returns the variable, "" when it is unset.
func (s *streams) getenv(name string) string {
	v, _ := s.lookup(name)
	return v
}

// notef writes one line of summary or hint to stderr, unless --quiet, safe to
// look at: paths and names in it may be anyone's. A
// stderr that nobody reads is no failure.
func (s *streams) notef(format string, args ...any) {
	if !s.quiet {
		fmt.Fprintln(s.err, escape.Terminal(fmt.Sprintf(format, args...)))
	}
}

// complain says on stderr what err means and what to try next.
func (s *streams) complain(err error) {
	p := s.palette(s.err.tty)
	for _, t := range problems(err) {
		fmt.Fprintf(s.err, "%s %s\n", p.Red("ttpctl:"), escape.Terminal(t.Message))
		if t.Help != "" {
			fmt.Fprintf(s.err, "   = %s %s\n", p.Cyan("help:"), escape.Terminal(t.Help))
		}
	}
}
