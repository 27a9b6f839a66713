package rulesdir

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/store"
)

// A fakeDir is a directory in memory with a clock: the tracker's logic without
// the timing of a real file system.
type fakeDir struct {
	at      time.Time
	content map[string]string
	mtime   map[string]time.Time
	broken  map[string]error // reading fails
	gone    error            // listing fails
	onRead  func(name string)
	told    []string
}

func newFakeDir() (*fakeDir, *tracker) {
	d := &fakeDir{at: time.Unix(1_800_000_000, 0), content: map[string]string{}, mtime: map[string]time.Time{}, broken: map[string]error{}}
	n := &store.Notices{Notify: func(n store.Notice) { d.told = append(d.told, fmt.Sprintf("%s: %v", n.Subject, n.Err)) }}
	return d, newTracker(d, "dir", func() time.Time { return d.at }, n)
}

func (d *fakeDir) write(name, content string) { d.content[name], d.mtime[name] = content, d.at }

func (d *fakeDir) list() ([]sight, error) {
	var sights []sight
	for name := range d.content {
		sights = append(sights, sight{name: name, stamp: d.stamp(name)})
	}
	return sights, d.gone
}

func (d *fakeDir) stamp(name string) stamp {
	return stamp{size: int64(len(d.content[name])), mtime: d.mtime[name]}
}

func (d *fakeDir) read(name string) ([]byte, stamp, error) {
	if err := d.broken[name]; err != nil {
		return nil, stamp{}, err
	}
	data := []byte(d.content[name])
	if d.onRead != nil {
		d.onRead(name)
	}
	return data, d.stamp(name), nil
}

// A step of a tracker test: time passes, something happens, the tracker looks.
type step struct {
	after time.Duration
	do    func(d *fakeDir)
	deep  bool
	want  string // the changes
	again time.Duration
}

func describe(changes []store.RuleChange) string {
	s := ""
	for _, c := range changes {
		s += fmt.Sprintf("%v %s %q;", c.Op, c.Source.Name, c.Source.Data)
	}
	return s
}

func write(name, content string) func(*fakeDir) {
	return func(d *fakeDir) { d.write(name, content) }
}

func remove(name string) func(*fakeDir) { return func(d *fakeDir) { delete(d.content, name) } }

var trackerCases = []struct {
	name  string
	steps []step
	told  []string
}{
	{"old files are believed at the first look", []step{
		{after: 0, do: func(d *fakeDir) {
			d.write("b", "b\n")
			d.write("a", "no newline, but old")
			d.at = d.at.Add(time.Hour)
		}, want: `put a "no newline, but old";put b "b\n";`},
	}, nil},
	{"a fresh file is waited for", []step{
		{do: write("a", "a\n"), again: settle},
		{after: settle, want: `put a "a\n";`},
		{after: time.Second},
	}, nil},
	{"read only when it stood still", []step{
		{},
		{do: write("a", "1\n"), again: settle},
		{after: settle, do: write("a", "2\n"), again: settle},
		{after: 30 * time.Millisecond, again: 20 * time.Millisecond},
		{after: 20 * time.Millisecond, want: `put a "2\n";`},
	}, nil},
	{"one restless file does not hold back another", []step{
		{},
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.write("b", "b\n") }, again: settle},
		{after: settle, do: write("a", "2\n"), want: `put b "b\n";`, again: settle},
	}, nil},
	{"changed while it was read", []step{
		{},
		{do: write("a", "1\n"), again: settle},
		{after: settle, do: func(d *fakeDir) {
			d.onRead = func(string) { d.write("a", "22\n"); d.onRead = nil }
		}, again: settle},
		{after: settle, want: `put a "22\n";`},
	}, nil},
	{"torn: no newline is held back 2 s longer", []step{
		{},
		{do: write("a", "x: 1"), again: settle},
		{after: settle, again: holdback},
		{after: time.Second, again: holdback - time.Second},
		{after: time.Second, want: `put a "x: 1";`},
	}, nil},
	{"torn, then whole", []step{
		{},
		{do: write("a", ""), again: settle},
		{after: settle, again: holdback},
		{after: time.Second, do: write("a", "x\n"), again: settle},
		{after: settle, want: `put a "x\n";`},
	}, nil},
	{"touch", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.at = d.at.Add(time.Minute) }, want: `put a "1\n";`},
		{after: time.Second, do: write("a", "1\n"), again: settle},
		{after: settle},
	}, nil},
	{"same size within one mtime step", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.at = d.at.Add(settle) }, want: `put a "1\n";`},
		{after: settle, do: func(d *fakeDir) { d.content["a"] = "2\n" }, again: settle},
		{after: settle, want: `put a "2\n";`},
	}, nil},
	{"same stamp long after is found by a deep look only", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.at = d.at.Add(time.Hour) }, want: `put a "1\n";`},
		{after: time.Second, do: func(d *fakeDir) { d.content["a"] = "2\n" }},
		{after: time.Second, deep: true, again: settle},
		{after: settle, want: `put a "2\n";`},
	}, nil},
	{"delete", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.at = d.at.Add(time.Hour) }, want: `put a "1\n";`},
		{do: remove("a"), again: settle},
		{after: settle, want: `delete a "";`},
		{after: time.Second},
	}, nil},
	{"saved by delete and create", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.at = d.at.Add(time.Hour) }, want: `put a "1\n";`},
		{do: remove("a"), again: settle},
		{after: 20 * time.Millisecond, do: write("a", "2\n"), again: settle},
		{after: settle, want: `put a "2\n";`},
	}, nil},
	{"a deletion waits while the directory is being filled, at most 2 s", []step{
		{do: func(d *fakeDir) { d.write("z", "z\n"); d.at = d.at.Add(time.Hour) }, want: `put z "z\n";`},
		{do: remove("z"), again: settle},
		{after: settle, do: write("a", "a\n"), again: settle},
		{after: settle, do: write("b", "b\n"), want: `put a "a\n";`, again: settle},
		{after: 2 * time.Second, do: write("c", "c\n"), want: `put b "b\n";delete z "";`, again: settle},
	}, nil},
	{"unreadable: the last good content stays", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.at = d.at.Add(time.Hour) }, want: `put a "1\n";`},
		{do: func(d *fakeDir) { d.write("a", "2\n"); d.broken["a"] = fs.ErrPermission }, again: settle},
		{after: settle},
		{after: time.Second},
		{after: time.Second, do: func(d *fakeDir) { delete(d.broken, "a") }, want: `put a "2\n";`},
	}, []string{"a: permission denied", "a: <nil>"}},
	{"the trouble of a file that went away is over", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.broken["a"] = fs.ErrPermission }, again: settle},
		{after: settle},
		{do: remove("a")},
	}, []string{"a: permission denied", "a: <nil>"}},
	{"directory gone and back", []step{
		{do: func(d *fakeDir) { d.write("a", "1\n"); d.write("b", "1\n"); d.at = d.at.Add(time.Hour) }, want: `put a "1\n";put b "1\n";`},
		{do: remove("b"), again: settle},
		{after: time.Second, do: func(d *fakeDir) { d.gone = errors.New("no such directory") }, again: goneRetry},
		{after: time.Hour, again: goneRetry},
		{after: time.Second, do: func(d *fakeDir) { d.gone = nil }, again: settle},
		{after: settle, want: `delete b "";`},
	}, []string{"dir: no such directory", "dir: <nil>"}},
}

func TestTracker(t *testing.T) {
	t.Parallel()
	for _, c := range trackerCases {
		t.Run(c.name, func(t *testing.T) {
			d, tr := newFakeDir()
			for i, s := range c.steps {
				d.at = d.at.Add(s.after)
				if s.do != nil {
					s.do(d)
				}
				changes, again := tr.look(s.deep)
				if got := describe(changes); got != s.want || again != s.again {
					t.Fatalf("look %d = %s again in %v, want %s again in %v", i, got, again, s.want, s.again)
				}
			}
			if diff := cmp.Diff(c.told, d.told); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever happens to files, once they stand still the tracker holds what the
// directory holds, and its subscribers' changes add up to it.
func FuzzTracker(f *testing.F) {
	f.Add([]byte("a1b2c3a0b0"))
	f.Add([]byte{0, 255, 3, 9, 17, 200, 128, 64, 32, 7, 7, 7})
	f.Fuzz(func(t *testing.T, ops []byte) {
		d, tr := newFakeDir()
		followed := map[string]string{}
		look := func(deep bool) time.Duration {
			changes, again := tr.look(deep)
			for _, c := range changes {
				if c.Op == store.Delete {
					delete(followed, c.Source.Name)
				} else {
					followed[c.Source.Name] = string(c.Source.Data)
				}
			}
			return again
		}
		for _, op := range ops {
			name := string('a' + rune(op%3))
			switch op / 3 % 5 {
			case 0:
				d.write(name, fmt.Sprintf("%d\n", op))
			case 1:
				delete(d.content, name)
			case 2:
				d.content[name] = fmt.Sprintf("%d", op) // torn, and under the old mtime
			case 3:
				d.broken[name] = fs.ErrPermission
			case 4:
				delete(d.broken, name)
			}
			d.at = d.at.Add(time.Duration(op) * time.Millisecond)
			look(op%7 == 0)
		}
		clear(d.broken)
		look(true)
		for n := 0; ; n++ {
			again := look(false)
			if again == 0 {
				break
			}
			if n == 10 {
				t.Fatal("the tracker never settles")
			}
			d.at = d.at.Add(again)
		}
		if diff := cmp.Diff(d.content, followed); diff != "" {
			t.Errorf("followed after %v (-directory +followed):\n%s", ops, diff)
		}
	})
}
