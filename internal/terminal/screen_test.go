package terminal

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"ttpctl/internal/escape"
)

// An emulator is a terminal as far as a Screen makes use of one: what stands on
// it, whether the alternate screen, the cursor and wrapping are on.
type emulator struct {
	mu            sync.Mutex
	cells         map[bool]map[[2]int]string // by alternate; row and column from 1
	row, col      int
	width, height int
	alternate     bool
	cursor, wraps bool
	unknown       []string
}

func newEmulator(width, height int) *emulator {
	return &emulator{cells: map[bool]map[[2]int]string{false: {}, true: {}}, row: 1, col: 1, width: width, height: height, cursor: true, wraps: true}
}

var control = regexp.MustCompile(`^\x1b\[([?0-9;]*)([A-Za-z])`)

// feed takes what a program writes. What comes is whole sequences and characters.
func (e *emulator) feed(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for text != "" {
		if m := control.FindStringSubmatch(text); m != nil {
			e.sequence(m[1], m[2])
			text = text[len(m[0]):]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			e.col = 1
		case '\n':
			e.row++
		case '\x1b':
			e.unknown = append(e.unknown, text[:min(len(text), 8)])
		default:
			e.put(string(r))
		}
	}
}

func (e *emulator) put(c string) {
	n := escape.Width(c)
	if e.col+n-1 > e.width {
		if !e.wraps {
			e.col = e.width - n + 1
		} else {
			e.row, e.col = e.row+1, 1
		}
	}
	if n == 0 {
		e.cells[e.alternate][[2]int{e.row, e.col - 1}] += c
		return
	}
	e.cells[e.alternate][[2]int{e.row, e.col}] = c
	e.col += n
}

func (e *emulator) sequence(args, final string) {
	switch args + final {
	case "?1049h":
		e.alternate, e.cells[true] = true, map[[2]int]string{}
	case "?1049l":
		e.alternate = false
	case "?25h", "?25l":
		e.cursor = final == "h"
	case "?7h", "?7l":
		e.wraps = final == "h"
	case "2J":
		e.cells[e.alternate] = map[[2]int]string{}
	case "2K":
		for c := range e.width + 1 {
			delete(e.cells[e.alternate], [2]int{e.row, c})
		}
	default:
		row, col, ok := strings.Cut(args, ";")
		if final == "H" && ok {
			e.row, _ = strconv.Atoi(row)
			e.col, _ = strconv.Atoi(col)
		} else if final != "m" {
			e.unknown = append(e.unknown, args+final)
		}
	}
}

// screen returns the lines that stand on the screen.
func (e *emulator) screen() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var lines []string
	for row := 1; row <= e.height; row++ {
		var b strings.Builder
		for col := 1; col <= e.width; {
			c := e.cells[e.alternate][[2]int{row, col}]
			if c == "" {
				c = " "
			}
			b.WriteString(c)
			col += max(1, escape.Width(c))
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

func (e *emulator) state() (alternate, cursor, wraps bool, unknown []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.alternate, e.cursor, e.wraps, e.unknown
}

// emulated is a pty behind which an emulator stands.
func emulated(t *testing.T, width, height int) (*emulator, *os.File, *os.File) {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { tty.Close(); keys.Close() })
	if err := pty.Setsize(keys, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		t.Fatal(err)
	}
	e := newEmulator(width, height)
	go func() {
		room, rest := make([]byte, 1<<16), ""
		for {
			n, err := keys.Read(room)
			if err != nil {
				return
			}
			text := rest + string(room[:n])
			// A sequence or a character may come in two reads.
			cut := len(text)
			if i := strings.LastIndexByte(text, '\x1b'); i >= 0 && !control.MatchString(text[i:]) {
				cut = i
			}
			for cut > 0 && cut == len(text) && strings.ToValidUTF8(text[max(0, cut-4):], "") != text[max(0, cut-4):] && !strings.HasSuffix(strings.ToValidUTF8(text, "?"), text[cut-1:]) {
				cut--
			}
			e.feed(text[:cut])
			rest = text[cut:]
		}
	}()
	return e, keys, tty
}

// await waits until the screen shows want.
func await(t *testing.T, e *emulator, what string, want func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !want(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: the screen shows\n%s", what, strings.Join(e.screen(), "\n"))
		}
	}
}

func TestScreen(t *testing.T) {
	e, keys, tty := emulated(t, 20, 4)
	if _, err := tty.WriteString("before\n"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	text := "日本語"
	set := func(s string) { mu.Lock(); defer mu.Unlock(); text = s }
	s := Watch(tty, time.Millisecond, func(width, height int) []string {
		mu.Lock()
		defer mu.Unlock()
		lines := []string{fmt.Sprintf("%dx%d", width, height), "\x1b[1m" + text + "\x1b[0m"}
		for i := len(lines); i < height; i++ {
			lines = append(lines, strings.Repeat("=", width))
		}
		return append(lines, "too much", "for any screen")
	})
	shows := func(want ...string) func() bool {
		return func() bool { return slices.Equal(e.screen(), want) }
	}
	full := strings.Repeat("=", 20)
	await(t, e, "first", shows("20x4", "日本語", full, full))
	if alternate, cursor, wraps, _ := e.state(); !alternate || cursor || wraps {
		t.Errorf("alternate screen %v, cursor %v, wrapping %v; want the first alone", alternate, cursor, wraps)
	}
	set("x")
	await(t, e, "a shorter line", shows("20x4", "x", full, full))
	resize := func(width, height int) {
		e.mu.Lock()
		e.width, e.height = width, height
		e.mu.Unlock()
		if err := pty.Setsize(keys, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
			t.Fatal(err)
		}
	}
	resize(30, 6)
	wide := strings.Repeat("=", 30)
	await(t, e, "wider", shows("30x6", "x", wide, wide, wide, wide))
	resize(9, 2)
	await(t, e, "smaller", shows("9x2", "x"))
	s.Close()
	s.Close()
	await(t, e, "closed", func() bool { alternate, _, _, _ := e.state(); return !alternate })
	if _, cursor, wraps, unknown := e.state(); !cursor || !wraps || len(unknown) > 0 || e.screen()[0] != "before" {
		t.Errorf("closed: cursor %v, wrapping %v, unknown %q, screen %q", cursor, wraps, unknown, e.screen())
	}
}

// A panic, of what draws or of a goroutine that is guarded, leaves the terminal as it
// was, and is still one.
func TestScreenAfterPanic(t *testing.T) {
	e, _, tty := emulated(t, 20, 4)
	s := Watch(tty, time.Millisecond, func(int, int) []string { return []string{"here"} })
	defer s.Close()
	await(t, e, "opened", func() bool { return e.screen()[0] == "here" })
	func() {
		defer func() {
			if r := recover(); r != "broken" {
				t.Errorf("recovered %v, want what was thrown", r)
			}
		}()
		defer s.Guard()
		panic("broken")
	}()
	await(t, e, "panicked", func() bool { alternate, cursor, _, _ := e.state(); return !alternate && cursor })
	var none *Screen
	none.Guard() // where nothing is watched
}

// It redraws no more often than it is told to, and writes nothing where nothing
// changed.
func TestScreenIsQuiet(t *testing.T) {
	e, _, tty := emulated(t, 20, 4)
	var mu sync.Mutex
	asked := 0
	s := Watch(tty, 50*time.Millisecond, func(int, int) []string { mu.Lock(); defer mu.Unlock(); asked++; return []string{"same"} })
	await(t, e, "opened", func() bool { return e.screen()[0] == "same" })
	began := time.Now()
	await(t, e, "asked again", func() bool { mu.Lock(); defer mu.Unlock(); return asked >= 4 })
	if d := time.Since(began); d < 90*time.Millisecond {
		t.Errorf("four drawings in %v, want one in 50 ms", d)
	}
	s.Close()
}
