package lines

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ttpctl/internal/rounds"
)

// patience is how long tests wait for what must come.
const patience = time.Minute

// A logDir is a directory with a log in it, and what happens to it.
type logDir struct {
	t   *testing.T
	dir string
}

func newLogDir(t *testing.T) logDir { return logDir{t, t.TempDir()} }

func (d logDir) path(name string) string { return filepath.Join(d.dir, name) }

func (d logDir) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d logDir) write(name, text string) {
	d.t.Helper()
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	d.check(err)
	defer f.Close()
	_, err = f.WriteString(text)
	d.check(err)
}

func (d logDir) rename(from, to string) {
	d.t.Helper()
	d.check(os.Rename(d.path(from), d.path(to)))
}

func (d logDir) copy(from, to string) {
	d.t.Helper()
	data, err := os.ReadFile(d.path(from))
	d.check(err)
	d.check(os.WriteFile(d.path(to), data, 0o600))
}

func (d logDir) truncate(name string) {
	d.t.Helper()
	d.check(os.Truncate(d.path(name), 0))
}

func (d logDir) remove(name string) {
	d.t.Helper()
	d.check(os.RemoveAll(d.path(name)))
}

// touch makes name the nth file that was written.
func (d logDir) touch(name string, n int) {
	d.t.Helper()
	at := time.Date(2026, 11, 30, 9, n, 0, 0, time.UTC)
	d.check(os.Chtimes(d.path(name), at, at))
}

// compress replaces a file by its compressed form, with the time of the file.
func (d logDir) compress(name string) {
	d.t.Helper()
	data, err := os.ReadFile(d.path(name))
	d.check(err)
	info, err := os.Stat(d.path(name))
	d.check(err)
	d.check(os.WriteFile(d.path(name+".gz"), gzipped(d.t, string(data)), 0o600))
	d.check(os.Chtimes(d.path(name+".gz"), info.ModTime(), info.ModTime()))
	d.remove(name)
}

// A tailer reads a followed log, as a goroutine.
type tailer struct {
	t       *testing.T
	stop    func()
	lines   chan string
	mu      sync.Mutex
	texts   []string
	cursors []Cursor // behind the block of each line
	notices []Notice
}

func (d logDir) follow(opt *Follow, from Cursor) *tailer {
	d.t.Helper()
	return d.followInput(Input{Name: d.path("log"), From: from, Follow: opt})
}

func (d logDir) followInput(in Input) *tailer {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	tail := &tailer{t: d.t, lines: make(chan string, 10_000)}
	in.Follow.Notify = func(n Notice) {
		tail.mu.Lock()
		tail.notices = append(tail.notices, n)
		tail.mu.Unlock()
	}
	if in.Follow.Grace == 0 {
		in.Follow.Grace = 30 * time.Millisecond
	}
	src, err := in.Source(ctx, SourceOptions{MaxLine: 1000})
	d.check(err)
	var wg sync.WaitGroup
	wg.Go(func() { tail.run(ctx, src) })
	tail.stop = sync.OnceFunc(func() { cancel(); wg.Wait(); src.Close() })
	d.t.Cleanup(tail.stop)
	return tail
}

func (l *tailer) run(ctx context.Context, src Source) {
	defer close(l.lines)
	for b := (&Block{}); ; b.Reset() {
		if err := src.Next(ctx, b); err != nil {
			if !errors.Is(err, ErrStopped) && err != io.EOF {
				l.t.Errorf("Next() = %v", err)
			}
			return
		}
		l.mu.Lock()
		for i := range b.Lines {
			l.texts, l.cursors = append(l.texts, string(b.Raw(i))), append(l.cursors, b.Cursor)
		}
		l.mu.Unlock()
		for i := range b.Lines {
			l.lines <- string(b.Raw(i)) + b.Lines[i].Bad
		}
	}
}

// want waits for lines, and for nothing else.
func (l *tailer) want(lines ...string) {
	l.t.Helper()
	var got []string
	late := time.After(patience)
	for len(got) < len(lines) {
		select {
		case s, ok := <-l.lines:
			if !ok {
				l.t.Fatalf("the source ended behind %q, want %q", got, lines)
			}
			got = append(got, s)
		case <-late:
			l.t.Fatalf("lines %q, want %q", got, lines)
		}
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		l.t.Fatalf("lines (-want +got):\n%s", diff)
	}
}

// nothing checks that no line comes for a while.
func (l *tailer) nothing() {
	l.t.Helper()
	select {
	case s, ok := <-l.lines:
		if ok {
			l.t.Fatalf("a line %q came, want none", s)
		}
	case <-time.After(150 * time.Millisecond):
	}
}

// lost returns what was said of lost lines.
func (l *tailer) lost() (texts []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.notices {
		if n.Lost {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// last returns the cursor behind the last line.
func (l *tailer) last() Cursor {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.cursors) == 0 {
		return ""
	}
	return l.cursors[len(l.cursors)-1]
}

// A rotationCase is what happens to a log whose first line was read, and which
// lines come.
type rotationCase struct {
	name string
	act  func(d logDir)
	want []string
	lost bool
}

func rotationCases() []rotationCase {
	return []rotationCase{
		{"appended", func(d logDir) { d.write("log", "b\n") }, []string{"b"}, false},
		{"renamed", func(d logDir) {
			d.write("log", "b\n")
			d.rename("log", "log.1")
			d.write("log", "c\n")
		}, []string{"b", "c"}, false},
		{"renamed without a last line end", func(d logDir) {
			d.write("log", "b")
			d.rename("log", "log.1")
			d.write("log", "c\n")
		}, []string{"b", "c"}, false},
		{"renamed, and nothing new yet", func(d logDir) {
			d.write("log", "b\n")
			d.rename("log", "log.1")
			d.write("log.1", "c\n")
		}, []string{"b", "c"}, false},
		{"renamed, created empty, the old one written", func(d logDir) {
			d.rename("log", "log.1")
			d.write("log", "")
			d.write("log.1", "b\n")
		}, []string{"b"}, false},
		{"renamed twice", func(d logDir) {
			d.write("log", "b\n")
			d.rename("log", "log.1")
			d.write("log", "c\n")
			d.rename("log.1", "log.2")
			d.rename("log", "log.1")
			d.write("log", "d\n")
		}, []string{"b", "c", "d"}, false},
		{"renamed by date", func(d logDir) {
			d.write("log", "b\n")
			d.rename("log", "log.2026-11-29")
			d.write("log", "c\n")
			d.rename("log", "log.2026-11-30")
			d.write("log", "d\n")
		}, []string{"b", "c", "d"}, false},
		{"renamed and compressed", func(d logDir) {
			d.write("log", "b\n")
			d.rename("log", "log.1")
			d.write("log", "c\n")
			d.compress("log.1")
		}, []string{"b", "c"}, false},
		{"three rotations, two of them compressed", func(d logDir) {
			d.write("log", "b\n")
			d.rename("log", "log.3")
			d.write("log.2", "c\n")
			d.compress("log.3")
			d.compress("log.2")
			d.write("log.1", "d\n")
			d.write("log", "e\n")
		}, []string{"b", "c", "d", "e"}, false},
		{"being compressed", func(d logDir) {
			d.write("log", "b\n")
			d.rename("log", "log.1")
			d.write("log.1.gz", string(gzipped(d.t, "a\nb\n"))[:12])
			d.write("log", "c\n")
		}, []string{"b", "c"}, false},
		{"copied and truncated", func(d logDir) {
			d.write("log", "b\n")
			d.copy("log", "log.1")
			d.truncate("log")
			d.write("log", "c\n")
		}, []string{"b", "c"}, false},
		{"copied, compressed and truncated", func(d logDir) {
			d.write("log", "b\n")
			d.copy("log", "log.1")
			d.truncate("log")
			d.compress("log.1")
			d.write("log", "c\n")
		}, []string{"b", "c"}, false},
		{"copied and truncated, longer than before", func(d logDir) {
			d.write("log", "b\n")
			d.copy("log", "log.1")
			d.truncate("log")
			d.write("log", "ccccccccccc\n")
		}, []string{"b", "ccccccccccc"}, false},
		{"copied and truncated twice", func(d logDir) {
			d.write("log", "b\n")
			d.copy("log", "log.2")
			d.truncate("log")
			d.write("log", "c\n")
			d.copy("log", "log.1")
			d.truncate("log")
			d.write("log", "d\n")
		}, []string{"b", "c", "d"}, false},
		{"copied, not truncated yet", func(d logDir) {
			d.write("log", "b\n")
			d.copy("log", "log.1")
			d.write("log", "c\n")
		}, []string{"b", "c"}, false},
		{"truncated, the writer goes on at its old place", func(d logDir) {
			d.write("log", "b\n")
			d.copy("log", "log.1")
			d.truncate("log")
			d.write("log", "\x00\x00\x00\x00c\n")
		}, []string{"b", "c"}, false},
		{"truncated without a copy", func(d logDir) {
			d.truncate("log")
			d.write("log", "c\n")
		}, []string{"c"}, true},
		{"deleted, and a new one", func(d logDir) {
			d.remove("log")
			d.write("log", "c\n")
		}, []string{"c"}, false},
		{"replaced by a copy that goes on", func(d logDir) {
			d.copy("log", "tmp")
			d.write("tmp", "b\n")
			d.rename("tmp", "log")
		}, []string{"b"}, false},
		{"a line that is too long", func(d logDir) { d.write("log", strings.Repeat("x", 2000)+"\nb\n") }, []string{"line longer than 1000 bytes", "b"}, false},
	}
}

// TestFollowRotations plays each case to a source that reads, and to one that
// comes back afterwards.
func TestFollowRotations(t *testing.T) {
	for _, tt := range rotationCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newLogDir(t)
			d.write("log", "a\n")
			tail := d.follow(&Follow{}, "")
			tail.want("a")
			tt.act(d)
			tail.want(tt.want...)
			tail.nothing()
			d.write("log", "end\n")
			tail.want("end")
			if got := len(tail.lost()) > 0; got != tt.lost {
				t.Errorf("notices of loss %q, want %v", tail.lost(), tt.lost)
			}
		})
		t.Run(tt.name+", while down", func(t *testing.T) {
			t.Parallel()
			d := newLogDir(t)
			d.write("log", "a\n")
			tail := d.follow(&Follow{}, "")
			tail.want("a")
			tail.stop()
			tt.act(d)
			deleted := tt.name == "deleted, and a new one"
			tail = d.follow(&Follow{}, tail.last())
			tail.want(tt.want...)
			tail.nothing()
			d.write("log", "end\n")
			tail.want("end")
			if got := len(tail.lost()) > 0; got != (tt.lost || deleted) {
				t.Errorf("notices of loss %q, want %v", tail.lost(), tt.lost)
			}
		})
		t.Run(tt.name+", once", func(t *testing.T) {
			t.Parallel()
			d := newLogDir(t)
			d.write("log", "a\n")
			tail := d.follow(&Follow{}, "")
			tail.want("a")
			tail.stop()
			tt.act(d)
			tail = d.follow(&Follow{Once: true}, tail.last())
			tail.want(tt.want...)
			if _, more := <-tail.lines; more {
				t.Error("a line came behind the end")
			}
		})
	}
}

// What nothing can interrupt stays: a read, see pump, and the opening of a pipe,
// see Await.
func TestMain(m *testing.M) {
	rounds.Waiting()
	rounds.InMemory()
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("ttpctl/internal/lines.(*hang).Read"),
		goleak.IgnoreAnyFunction("ttpctl/internal/lines.Await[...].func1"))
}
