package lines

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/rounds"
)

// A logWriter appends numbered lines to a log and rotates it, as writers and
// rotators of all sorts do.
type logWriter struct {
	logDir
	rng    *rand.Rand
	header string // first line of each file, "" = none
	lines  int    // written so far
	kept   int    // rotations there are
	part   string // the rest of a line that was begun
	pause  func() // called between the steps of a rotation
}

// append appends lines to the file called name.
func (w *logWriter) append(name string) {
	if info, err := os.Stat(w.path(name)); w.header != "" && (err != nil || info.Size() == 0) {
		w.write(name, w.header+"\n")
	}
	text := w.part
	for range w.rng.IntN(30) {
		text += fmt.Sprintf("%d %s\n", w.lines, strings.Repeat("x", w.rng.IntN(200)))
		w.lines++
	}
	w.part = ""
	if n := strings.LastIndexByte(text, '\n') + 1; n > 10 && w.rng.IntN(3) == 0 {
		cut := n - 1 - w.rng.IntN(3)
		text, w.part = text[:cut], text[cut:]
	}
	w.write(name, text)
}

func (w *logWriter) finishLine(name string) {
	w.write(name, w.part)
	w.part = ""
}

// shift makes room for log.1.
func (w *logWriter) shift() {
	w.kept++
	for i := w.kept; i > 1; i-- {
		for _, ext := range []string{"", ".gz"} {
			if _, err := os.Stat(w.path(rotated(i-1) + ext)); err == nil {
				w.rename(rotated(i-1)+ext, rotated(i)+ext)
			}
		}
	}
}

func rotated(i int) string { return "log." + strconv.Itoa(i) }

func (w *logWriter) rotate() {
	w.shift()
	if w.rng.IntN(2) == 0 {
		w.rotateByRename()
	} else {
		w.rotateByCopy()
	}
	if w.rng.IntN(2) == 0 {
		w.compressLater(1 + w.rng.IntN(min(3, w.kept)))
	}
}

// rotateByRename renames the log, to which its writer may go on to write until
// it opens the new one.
func (w *logWriter) rotateByRename() {
	w.rename("log", "log.1")
	w.pause()
	if w.rng.IntN(2) == 0 {
		w.append("log.1")
		w.pause()
	}
	if w.rng.IntN(2) == 0 {
		w.write("log", "")
		w.pause()
		w.append("log.1")
	}
	w.finishLine("log.1")
}

// rotateByCopy copies the log, in two steps, and truncates it.
func (w *logWriter) rotateByCopy() {
	w.finishLine("log")
	data, err := os.ReadFile(w.path("log"))
	w.check(err)
	half := w.rng.IntN(len(data) + 1)
	w.write("log.1", string(data[:half]))
	w.pause()
	w.write("log.1", string(data[half:]))
	w.pause()
	w.truncate("log")
	w.pause()
}

// compressLater compresses a rotation, in two steps, if it is not yet.
func (w *logWriter) compressLater(i int) {
	name := rotated(i)
	info, err := os.Stat(w.path(name))
	if err != nil {
		return
	}
	data, err := os.ReadFile(w.path(name))
	w.check(err)
	packed := gzipped(w.t, string(data))
	w.write(name+".gz", string(packed[:w.rng.IntN(len(packed))]))
	w.pause()
	w.check(os.WriteFile(w.path(name+".gz"), packed, 0o600))
	w.check(os.Chtimes(w.path(name+".gz"), info.ModTime(), info.ModTime()))
	w.pause()
	w.remove(name)
}

// A seen cursor is one with the number of the line behind it.
type seenCursor struct {
	cursor Cursor
	next   int
}

// take takes the lines that have come from tail, which must be those from next
// on, and returns the number of the one that comes next.
func (w *logWriter) take(tail *tailer, next int, wait bool) int {
	w.t.Helper()
	late := time.After(patience)
	for !wait || next < w.lines {
		select {
		case l, more := <-tail.lines:
			if !more {
				return next
			}
			if l == w.header {
				continue
			}
			if number, _, _ := strings.Cut(l, " "); number != strconv.Itoa(next) {
				w.t.Fatalf("line %.40q came, want number %d of %d; files %v, notices %q", l, next, w.lines, w.names(), tail.lost())
			}
			next++
		case <-late:
			w.t.Fatalf("line %d of %d did not come; files %v", next, w.lines, w.names())
		default:
			if !wait {
				return next
			}
			time.Sleep(time.Millisecond)
		}
	}
	return next
}

func (w *logWriter) names() (names []string) {
	for _, l := range rotations(w.path("log")) {
		names = append(names, fmt.Sprint(l.path[len(w.dir):], " ", l.info.Size(), " ", l.info.ModTime().Format(".000000")))
	}
	return names
}

// TestFollowRandom: whatever rotates, and wherever a reader is stopped and comes
// back, from any of its cursors, it gives every line behind the cursor once and
// in order.
func TestFollowRandom(t *testing.T) {
	for seed := range uint64(rounds.Of(t, 1, 8)) {
		for _, header := range []string{"", "time,session,user"} {
			t.Run(fmt.Sprintf("%d%s", seed, header), func(t *testing.T) {
				t.Parallel()
				followRandom(t, seed, header)
			})
		}
	}
}

func followRandom(t *testing.T, seed uint64, header string) {
	rng := rand.New(rand.NewPCG(seed, 14))
	w := &logWriter{logDir: newLogDir(t), rng: rng, header: header}
	opt := &Follow{Rotations: true, Poll: 5 * time.Millisecond, Grace: 60 * time.Millisecond}
	next, begin := 0, 0
	var tail *tailer
	var seen []seenCursor
	restart := func(from seenCursor, opt *Follow) {
		begin = from.next
		next, tail = begin, w.follow(opt, from.cursor)
	}
	stop := func() {
		tail.stop()
		next = w.take(tail, next, false)
		seen = append(seen, tail.seen(w.header, begin)...)
		if lost := tail.lost(); len(lost) > 0 {
			t.Errorf("notices of loss: %q", lost)
		}
	}
	w.pause = func() {
		time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
		next = w.take(tail, next, false)
		if rng.IntN(4) == 0 {
			stop()
			from := seenCursor{}
			if len(seen) > 0 {
				from = seen[max(0, len(seen)-1-rng.IntN(40)*rng.IntN(2))]
			}
			restart(from, opt)
		}
	}
	restart(seenCursor{}, opt)
	for rotations := 0; rotations < 20; rotations++ {
		for range 1 + rng.IntN(4) {
			w.append("log")
			w.pause()
		}
		w.rotate()
	}
	w.append("log")
	w.finishLine("log")
	w.take(tail, next, true)
	stop()
	opt = &Follow{Rotations: true, Once: true, Poll: opt.Poll, Grace: opt.Grace}
	for range 10 {
		restart(seen[rng.IntN(len(seen))], opt)
		if got := w.take(tail, next, true); got != w.lines {
			t.Fatalf("the log ended before line %d of %d", got, w.lines)
		}
		tail.stop()
	}
}

// seen returns the cursors behind the lines that were read, the first of which
// had the number begin.
func (l *tailer) seen(header string, begin int) (all []seenCursor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range l.cursors {
		if l.texts[i] != header {
			begin++
		}
		if i+1 == len(l.cursors) || l.cursors[i+1] != c {
			all = append(all, seenCursor{c, begin})
		}
	}
	return all
}
