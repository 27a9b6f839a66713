package report

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Progress appears after a second, then moves this often on a terminal, and
// is a line of its own this often elsewhere.
const (
	progressTerminal  = 200 * time.Millisecond
	progressElsewhere = 10 * time.Second
)

// A Progress says on w how far reading has come. Stop ends its goroutine.
type Progress struct {
	w     io.Writer
	tty   bool
	read  atomic.Int64
	total int64 // bytes, 0 when a stream is among the inputs
	begin time.Time
	done  chan struct{}
	wait  sync.WaitGroup
}

// StartProgress starts one over total bytes, 0 when nobody knows how many there
// are; tty says that w is a terminal, where a line can be rewritten.
func StartProgress(w io.Writer, tty bool, total int64) *Progress {
	p := &Progress{w: w, tty: tty, total: total, begin: time.Now(), done: make(chan struct{})}
	p.wait.Go(p.tick)
	return p
}

// Add counts n bytes as read. It is safe for concurrent use.
func (p *Progress) Add(n int) { p.read.Add(int64(n)) }

// Stop ends p and clears its line.
func (p *Progress) Stop() {
	close(p.done)
	p.wait.Wait()
}

func (p *Progress) tick() {
	every, end := progressElsewhere, "\n"
	if p.tty {
		every, end = progressTerminal, "\r"
	}
	t := time.NewTicker(every)
	defer t.Stop()
	shown := false
	for {
		select {
		case <-p.done:
			if shown && p.tty {
				fmt.Fprint(p.w, "\x1b[2K\r")
			}
			return
		case <-t.C:
			if elapsed := time.Since(p.begin); elapsed >= time.Second {
				fmt.Fprintf(p.w, "%s%s", p.line(elapsed), end)
				shown = true
			}
		}
	}
}

// line returns `12.3 of 45.6 MB read, 27 %, 8.1 MB/s, 4s left`.
func (p *Progress) line(elapsed time.Duration) string {
	const mb = 1e6
	read := float64(p.read.Load())
	rate := read / elapsed.Seconds()
	if p.total == 0 || rate == 0 {
		return fmt.Sprintf("%.1f MB read, %.1f MB/s", read/mb, rate/mb)
	}
	left := time.Duration((float64(p.total) - read) / rate * float64(time.Second))
	return fmt.Sprintf("%.1f of %.1f MB read, %.0f %%, %.1f MB/s, %v left",
		read/mb, float64(p.total)/mb, 100*read/float64(p.total), rate/mb, max(left, 0).Round(time.Second))
}
