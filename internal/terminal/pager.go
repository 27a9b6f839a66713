// Package terminal shows results on a terminal: through a pager when they are
// higher than the screen ([Pager]), or redrawn in place while they change
// ([Screen]).
//
// A Pager is asked for its program when a screen is full, so that short output
// starts nothing. A Screen restores the terminal on every way out, and draws no
// wider and no higher than the terminal is at that moment. Neither looks at what it
// is given: text of attackers is made safe before it comes here.
//
// For example:
//
//	p := terminal.NewPager(os.Stdout, terminal.PagerCommand(os.LookupEnv))
//	_, err := table.WriteTo(p)
//	err = p.Close() // waits for the reader
package terminal

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/term"

	"ttpctl/internal/escape"
)

// A File is a terminal that is written to.
type File interface {
	io.Writer
	Fd() uintptr
}

// Size returns the cells of a line and the lines of the screen; what the terminal
// does not tell is that of the oldest ones.
func Size(f File) (width, height int) {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	if err != nil || height <= 0 {
		height = 24
	}
	return width, height
}

// PagerCommand returns the pager that the environment names: TTPCTL_PAGER, PAGER,
// else less. "" is none.
func PagerCommand(lookup func(string) (string, bool)) string {
	for _, name := range []string{"TTPCTL_PAGER", "PAGER"} {
		if v, ok := lookup(name); ok {
			return strings.TrimSpace(v)
		}
	}
	return "less"
}

// A Pager writes to a terminal, and once there is more than a screen of it through
// a program that shows it page by page. It belongs to one goroutine.
type Pager struct {
	// Hold, when not nil, is called when the program has started, and what it
	// returns when it has ended: interrupts are the program's meanwhile.
	Hold func() (release func())

	terminal File
	command  string // "" or cat = none
	width    int
	room     int // lines of the screen that are free
	held     bytes.Buffer
	line     []byte // the last one, until it ends
	program  *exec.Cmd
	pipe     io.WriteCloser
	direct   bool // nothing is held back any more
	release  func()
}

// NewPager returns a Pager to a terminal. Its program is words for an executable,
// or, with any character that is a shell's, a line for sh.
func NewPager(terminal File, command string) *Pager {
	p := &Pager{terminal: terminal, command: command}
	p.direct = command == "" || command == "cat"
	p.width, p.room = Size(terminal)
	p.room-- // the prompt comes below
	return p
}

// Write implements [io.Writer]. The error of a program that has ended is EPIPE.
func (p *Pager) Write(b []byte) (int, error) {
	switch {
	case p.pipe != nil:
		if _, err := p.pipe.Write(b); err != nil {
			return 0, syscall.EPIPE // however the system says it: nobody reads any more
		}
		return len(b), nil
	case p.direct:
		return p.terminal.Write(b)
	}
	p.held.Write(b)
	if p.count(b); p.room >= 0 {
		return len(b), nil
	}
	if err := p.start(); err != nil {
		p.direct = true
	}
	held := p.held.Bytes()
	p.held = bytes.Buffer{}
	if _, err := p.Write(held); err != nil {
		return 0, err
	}
	return len(b), nil
}

// count takes the lines of b, as wide as they are, off the room.
func (p *Pager) count(b []byte) {
	for _, c := range b {
		if c != '\n' {
			if len(p.line) < 1<<16 {
				p.line = append(p.line, c)
			}
			continue
		}
		p.room -= 1 + max(0, escape.Width(plain(p.line))-1)/p.width
		p.line = p.line[:0]
	}
}

// plain returns a line without the colours in it.
func plain(line []byte) string {
	var b strings.Builder
	for rest := string(line); rest != ""; {
		before, after, found := strings.Cut(rest, "\x1b[")
		b.WriteString(before)
		if !found {
			break
		}
		_, rest, _ = strings.Cut(after, "m")
	}
	return b.String()
}

// start starts the program.
func (p *Pager) start() (err error) {
	words := strings.Fields(p.command)
	if strings.ContainsAny(p.command, "|&;<>()$`\\\"'*?[#~=%{}") && runtime.GOOS != "windows" {
		words = []string{"sh", "-c", p.command}
	}
	p.program = exec.Command(words[0], words[1:]...)
	p.program.Stdout, p.program.Stderr = p.terminal, os.Stderr
	p.program.Env = os.Environ()
	for _, usual := range [][2]string{{"LESS", "FRX"}, {"LV", "-c"}} {
		if _, set := os.LookupEnv(usual[0]); !set {
			p.program.Env = append(p.program.Env, usual[0]+"="+usual[1])
		}
	}
	if p.pipe, err = p.program.StdinPipe(); err == nil {
		err = p.program.Start()
	}
	if err != nil {
		p.program, p.pipe = nil, nil
		return err
	}
	if p.Hold != nil {
		p.release = p.Hold()
	}
	return nil
}

// Close shows what was held back, or waits for the program to end. How it ended
// is nobody's failure. A closed Pager shows what comes as it is.
func (p *Pager) Close() error {
	if p.pipe == nil {
		p.direct = true
		_, err := p.terminal.Write(p.held.Bytes())
		p.held = bytes.Buffer{}
		return err
	}
	p.pipe.Close()
	_ = p.program.Wait()
	p.pipe, p.direct = nil, true
	if p.release != nil {
		p.release()
	}
	return nil
}
