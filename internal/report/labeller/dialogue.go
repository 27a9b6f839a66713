// Package labeller asks a reviewer on a terminal about sampled hits, one after
// another: it draws a hit, waits for a key and gives the answer to a
// corpus.Session, which saves it before the next hit is shown. So whatever ends
// a dialogue, no answer is lost:
//
//	d := labeller.New(rules, samples, journal, terminal, os.Stdout, palette)
//	err := d.Run(ctx)
package labeller

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

// Keys of the terminal in raw mode.
const (
	keyInterrupt = 3
	keyEnd       = 4
	keyBackspace = 8
	keyDelete    = 127
	keyEscape    = 27
)

// maxNote bounds a note, in bytes.
const maxNote = 1000

// ErrInterrupted is what Run returns after the interrupt key, which a terminal
// in raw mode does not turn into a signal.
var ErrInterrupted = errors.New("interrupted")

// A Dialogue shows one hit after another on a terminal and takes keys. It owns
// the terminal's mode while it runs. It is for one goroutine.
type Dialogue struct {
	rules   *engine.Ruleset
	samples []corpus.Sample
	session *corpus.Session
	tty     *os.File
	out     io.Writer
	palette report.Palette
	keys    chan byte
	failed  error // why keys ended
}

// New returns a dialogue about samples, hits of rules. Keys come from tty, and
// each answer goes into journal.
func New(rules *engine.Ruleset, samples []corpus.Sample, journal *corpus.Journal, tty *os.File, out io.Writer, p report.Palette) *Dialogue {
	return &Dialogue{
		rules: rules, samples: samples, session: corpus.NewSession(samples, journal.Answers, journal.Save),
		tty: tty, out: out, palette: p, keys: make(chan byte),
	}
}

// Run labels until the samples end or somebody quits. All answers are saved by
// then.
func (u *Dialogue) Run(ctx context.Context) error {
	old, err := term.MakeRaw(int(u.tty.Fd()))
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer func() {
		// The terminal is in the state it was found in, or lost anyway.
		_ = term.Restore(int(u.tty.Fd()), old)
		fmt.Fprintln(u.out)
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go u.read(ctx)
	for {
		x, a, ok := u.session.Current()
		if !ok {
			u.printf("All %d hits have an answer.\n", len(u.samples))
			return nil
		}
		u.show(x, a)
		done, err := u.step(ctx)
		if done || err != nil {
			return err
		}
	}
}

// read hands on what is typed. A read that waits when labelling ends goes on
// waiting, until the process ends: nothing portable interrupts it.
func (u *Dialogue) read(ctx context.Context) {
	in := bufio.NewReader(u.tty)
	for {
		c, err := in.ReadByte()
		if err != nil {
			u.failed = err
			close(u.keys)
			return
		}
		select {
		case u.keys <- c:
		case <-ctx.Done():
			return
		}
	}
}

// key returns the next key.
func (u *Dialogue) key(ctx context.Context) (byte, error) {
	select {
	case c, ok := <-u.keys:
		if !ok {
			return 0, fmt.Errorf("terminal: %w", u.failed)
		}
		if c == keyInterrupt {
			return 0, ErrInterrupted
		}
		return c, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// step takes keys until one of them means something.
func (u *Dialogue) step(ctx context.Context) (quit bool, err error) {
	for {
		c, err := u.key(ctx)
		if err != nil {
			return false, err
		}
		switch c {
		case 'y', 'Y':
			return false, u.session.Answer(corpus.Right)
		case 'n', 'N':
			return false, u.session.Answer(corpus.Wrong)
		case 'u', 'U':
			return false, u.session.Answer(corpus.Unsure)
		case 't', 'T':
			return false, u.note(ctx)
		case 'b', 'B':
			if u.session.Back() {
				return false, nil
			}
			u.printf("This is where you began.\n")
		case 'q', 'Q', keyEnd:
			return true, nil
		default:
			u.printf("y right, n wrong, u unsure, t note, b back, q quit\n")
		}
	}
}

// note reads a line. Escape leaves the note as it was.
func (u *Dialogue) note(ctx context.Context) error {
	u.printf("note: ")
	var text []byte
	for {
		c, err := u.key(ctx)
		switch {
		case err != nil:
			return err
		case c == '\r' || c == '\n':
			u.printf("\n")
			return u.session.Note(strings.ToValidUTF8(string(text), "\uFFFD"))
		case c == keyEscape:
			u.printf("\n")
			return nil
		case c == keyBackspace || c == keyDelete:
			if len(text) > 0 {
				text = text[:len(text)-1]
				fmt.Fprint(u.out, "\b \b")
			}
		case c >= ' ' && len(text) < maxNote:
			text = append(text, c)
			u.out.Write([]byte{c})
		}
	}
}

// printf writes to a terminal in raw mode, where a line feed goes down only.
func (u *Dialogue) printf(format string, args ...any) {
	fmt.Fprint(u.out, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\r\n"))
}

// show draws one hit: the rule, what it is about, and the text with the match
// marked.
func (u *Dialogue) show(x *corpus.Sample, a corpus.Answer) {
	p := u.palette
	done, total := u.session.Progress()
	u.printf("\n%s\n", p.Dim(fmt.Sprintf("%d of %d, %s:%d %s", done, total, escape.Terminal(x.File), x.Line, escape.Terminal(x.Label))))
	r := u.rules.Rule(x.RuleID)
	var techniques []string
	for _, e := range r.Emits {
		id := e.Technique
		if e.SubTechnique != "" {
			id = e.SubTechnique
		}
		techniques = append(techniques, id)
	}
	u.printf("%s %s (%s)\n%s\n", p.Bold(r.ID), escape.Terminal(r.Name), strings.Join(techniques, ", "), p.Dim(escape.Terminal(strings.Join(strings.Fields(r.Description), " "))))
	u.printf("\n  %s%s%s\n", escape.Terminal(x.Text[:x.Start]), p.Red(escape.Terminal(x.Text[x.Start:x.End])), escape.Terminal(x.Text[x.End:]))
	if x.Start == x.End {
		u.printf("  %s\n", p.Dim(escape.Terminal(x.Evidence)))
	}
	if a.Opinion != "" {
		u.printf("  answered: %s %s\n", a.Opinion, escape.Terminal(a.Note))
	}
	u.printf("\n[y]es right  [n]o wrong  [u]nsure  no[t]e  [b]ack  [q]uit > ")
}
