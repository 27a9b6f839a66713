package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"ttpctl/internal/ingest"
)

// Progress appears after a second, then moves this often on a terminal, and
// is a line of its own this often elsewhere.
const (
	progressTerminal  = 200 * time.Millisecond
	progressElsewhere = 10 * time.Second
)

// A progress says on stderr how far reading has come. stop ends it.
type progress struct {
	s     *streams
	read  atomic.Int64
	total int64 // bytes, 0 when a stream is among the inputs
	begin time.Time
	done  chan struct{}
	wait  sync.WaitGroup
}

func startProgress(s *streams, inputs []ingest.Input) *progress {
	p := &progress{s: s, total: totalSize(inputs), begin: time.Now(), done: make(chan struct{})}
	if !s.quiet {
		p.wait.Go(p.tick)
	}
	return p
}

// totalSize returns the bytes of all inputs as stored, 0 when unknown.
func totalSize(inputs []ingest.Input) int64 {
	var total int64
	seen := make(map[string]bool) // of an archive several inputs come
	for _, in := range inputs {
		if in.Reader != nil {
			return 0
		}
		info, err := os.Stat(in.Path())
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		if !seen[in.Path()] {
			seen[in.Path()] = true
			total += info.Size()
		}
	}
	return total
}

func (p *progress) add(n int) { p.read.Add(int64(n)) }

func (p *progress) stop() {
	close(p.done)
	p.wait.Wait()
}

func (p *progress) tick() {
	every, end := progressElsewhere, "\n"
	if p.s.err.tty {
		every, end = progressTerminal, "\r"
	}
	t := time.NewTicker(every)
	defer t.Stop()
	shown := false
	for {
		select {
		case <-p.done:
			if shown && p.s.err.tty {
				fmt.Fprint(p.s.err, "\x1b[2K\r")
			}
			return
		case <-t.C:
			if elapsed := time.Since(p.begin); elapsed >= time.Second {
				fmt.Fprintf(p.s.err, "%s%s", p.line(elapsed), end)
				shown = true
			}
		}
	}
}

// line returns `12.3 of 45.6 MB read, 27 %, 8.1 MB/s, 4s left`.
func (p *progress) line(elapsed time.Duration) string {
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

// width returns the cells of a line of the terminal, 0 when there is none.
func (o stream) width(s *streams) int {
	f, ok := o.Writer.(interface{ Fd() uintptr })
	if !ok || !o.tty {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 80
	}
	return w
}
