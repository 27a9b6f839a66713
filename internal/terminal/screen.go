package terminal

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// Control sequences of a Screen: the alternate screen, a hidden cursor and no
// wrapping of long lines, and all of it back.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leaveScreen = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
	clearScreen = "\x1b[2J"
)

// A Screen is a terminal that is redrawn in place. What stood there before comes
// back when it is closed, and before the process ends or stops by a signal or a
// panic of a goroutine that has deferred [Screen.Guard]. Its methods may be called
// from any goroutine.
type Screen struct {
	terminal File
	every    time.Duration
	lines    func(width, height int) []string
	ended    chan struct{}
	done     chan struct{}
	once     sync.Once

	mu            sync.Mutex
	open          bool
	drawn         []string // what stands there
	width, height int
}

// Watch opens a Screen that shows what lines returns, from the top: at once, and
// again as often as every says and when the size changes. Lines must not be wider,
// nor more, than they are asked for.
func Watch(terminal File, every time.Duration, lines func(width, height int) []string) *Screen {
	s := &Screen{terminal: terminal, every: every, lines: lines, ended: make(chan struct{}), done: make(chan struct{})}
	signals := make(chan os.Signal, 64)
	notify(signals)
	s.enter()
	go s.run(signals)
	return s
}

func (s *Screen) run(signals chan os.Signal) {
	defer close(s.done)
	defer s.Guard()
	defer unnotify(signals)
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		s.draw()
		select {
		case <-tick.C:
		case sig := <-signals:
			s.signalled(sig)
			<-tick.C // resizing a window sends many
		case <-s.ended:
			return
		}
	}
}

// Close gives the terminal back. It may be called more than once.
func (s *Screen) Close() {
	s.once.Do(func() { close(s.ended) })
	<-s.done
	s.leave()
}

// Guard is deferred: it gives the terminal back when its goroutine panics. A nil
// Screen has nothing to give.
func (s *Screen) Guard() {
	if s == nil {
		return
	}
	if r := recover(); r != nil {
		s.leave()
		panic(r)
	}
}

func (s *Screen) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		s.open, s.width = true, 0
		_, _ = s.terminal.Write([]byte(enterScreen)) // a terminal that is gone shows nothing
	}
}

func (s *Screen) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		s.open = false
		_, _ = s.terminal.Write([]byte(leaveScreen))
	}
}

// draw writes the lines that are not there yet.
func (s *Screen) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return
	}
	var b bytes.Buffer
	if width, height := Size(s.terminal); width != s.width || height != s.height {
		s.width, s.height, s.drawn = width, height, make([]string, height)
		b.WriteString(clearScreen)
	}
	lines := s.lines(s.width, s.height)
	lines = slices.Clone(lines[:min(len(lines), s.height)])
	lines = append(lines, make([]string, s.height-len(lines))...)
	for i, l := range lines {
		if l != s.drawn[i] {
			fmt.Fprintf(&b, "\x1b[%d;1H\x1b[2K%s\x1b[0m", i+1, l)
		}
	}
	s.drawn = lines
	if b.Len() > 0 {
		_, _ = s.terminal.Write(b.Bytes())
	}
}
