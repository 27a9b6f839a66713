package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// console is a terminal of a size, and what has come out of it.
type console struct {
	keys, tty *os.File
	shown     chan string
}

func open(t *testing.T, width, height int) *console {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there are no pseudo terminals here")
	}
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	c := &console{keys, tty, make(chan string, 1)}
	c.resize(t, width, height)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, keys) // EIO when the other side is closed
		c.shown <- b.String()
	}()
	return c
}

func (c *console) resize(t *testing.T, width, height int) {
	t.Helper()
	if err := pty.Setsize(c.keys, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		t.Fatal(err)
	}
}

// close returns what was shown, with the line ends of programs.
func (c *console) close() string {
	c.tty.Close()
	text := <-c.shown
	c.keys.Close()
	return strings.ReplaceAll(text, "\r\n", "\n")
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d\n", i+1)
	}
	return b.String()
}

func TestPager(t *testing.T) {
	const mark = "sed s/^/P:/"
	paged := func(s string) string {
		return "P:" + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\nP:") + "\n"
	}
	wide := strings.Repeat("x", 100) + "\n"
	colour := strings.Repeat("\x1b[1;31mx\x1b[0m", 39) + "\n"
	tests := []struct {
		name, command, text, want string
	}{
		{"fits", mark, lines(9), lines(9)},
		{"higher than the screen", mark, lines(10), paged(lines(10))},
		{"much higher", mark, lines(5000), paged(lines(5000))},
		{"lines that wrap", mark, wide + wide + wide + wide, paged(wide + wide + wide + wide)},
		{"colours are no cells", mark, strings.Repeat(colour, 9), strings.Repeat(colour, 9)},
		{"none", "", lines(50), lines(50)},
		{"cat", "cat", lines(50), lines(50)},
		{"not there", "no-such-pager-here -x", lines(50), lines(50)},
		{"a line of the shell", "cat | sed 's/^/P:/'", lines(50), paged(lines(50))},
		{"no end of line", mark, strings.TrimSuffix(lines(9), "\n"), strings.TrimSuffix(lines(9), "\n")},
	}
	for _, tt := range tests {
		c := open(t, 40, 10)
		held, released := 0, 0
		p := NewPager(c.tty, tt.command)
		p.Hold = func() func() { held++; return func() { released++ } }
		for rest := tt.text; rest != ""; { // in pieces, as a buffer flushes
			n := min(len(rest), 37)
			if _, err := io.WriteString(p, rest[:n]); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			rest = rest[n:]
		}
		if err := p.Close(); err != nil {
			t.Errorf("%s: Close = %v", tt.name, err)
		}
		if got := c.close(); got != tt.want {
			t.Errorf("%s: shown\n%q, want\n%q", tt.name, got, tt.want)
		}
		if held != released || (held == 1) != strings.HasPrefix(tt.want, "P:") {
			t.Errorf("%s: held %d times, released %d times", tt.name, held, released)
		}
	}
}

// A pager that ends early ends the output as a closed pipe does.
func TestPagerEndsEarly(t *testing.T) {
	c := open(t, 40, 10)
	p := NewPager(c.tty, "head -2")
	var err error
	for range 100_000 {
		if _, err = io.WriteString(p, "line\n"); err != nil {
			break
		}
	}
	if !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Write = %v, want EPIPE", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if got := c.close(); got != "line\nline\n" {
		t.Errorf("shown %q", got)
	}
}

// What git sets for less is set, unless the user has set it.
func TestPagerEnvironment(t *testing.T) {
	for _, own := range []string{"", "S"} {
		if own == "" {
			os.Unsetenv("LESS")
		} else {
			t.Setenv("LESS", own)
		}
		c := open(t, 40, 5)
		file := filepath.Join(t.TempDir(), "env")
		p := NewPager(c.tty, "echo $LESS $LV > "+file+"; cat > /dev/null")
		if _, err := io.WriteString(p, lines(9)); err != nil {
			t.Fatal(err)
		}
		p.Close()
		c.close()
		want := "FRX -c\n"
		if own != "" {
			want = own + " -c\n"
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("LESS and LV are %q, %v, want %q", got, err, want)
		}
	}
}

func TestPagerCommand(t *testing.T) {
	tests := []struct {
		env  map[string]string
		want string
	}{
		{nil, "less"},
		{map[string]string{"PAGER": "more"}, "more"},
		{map[string]string{"PAGER": "more", "TTPCTL_PAGER": "less -S"}, "less -S"},
		{map[string]string{"PAGER": "more", "TTPCTL_PAGER": ""}, ""},
		{map[string]string{"PAGER": " "}, ""},
	}
	for _, tt := range tests {
		lookup := func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok }
		if got := PagerCommand(lookup); got != tt.want {
			t.Errorf("PagerCommand(%v) = %q, want %q", tt.env, got, tt.want)
		}
	}
}
