package spool

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errDisk = errors.New("no space left on device")

// A failing is a segment whose disk fails when told to.
type failing struct {
	file
	fault *fault
}

type fault struct{ write, sync, truncate bool }

func (f *failing) Write(b []byte) (int, error) {
	if f.fault.write {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, errDisk
	}
	return f.file.Write(b)
}

func (f *failing) Sync() error {
	if f.fault.sync {
		return errDisk
	}
	return f.file.Sync()
}

func (f *failing) Truncate(size int64) error {
	if f.fault.truncate {
		return errDisk
	}
	return f.file.Truncate(size)
}

func failingLog(t *testing.T, dir string) (*Log, *fault) {
	l, now := openLog(t, dir, Options{}), &fault{}
	l.create = func(path string) (file, error) {
		f, err := createFile(path)
		return &failing{f, now}, err
	}
	return l, now
}

// An entry whose write failed is not there, those around it are, and so after
// a restart.
func TestFailedWrites(t *testing.T) {
	for _, tt := range []struct {
		name   string
		first  bool // it is the first of its segment
		fail   fault
		broken bool // nothing can be appended any more
	}{
		{"write", false, fault{write: true}, false},
		{"write of a new segment", true, fault{write: true}, false},
		{"sync of a new segment", true, fault{sync: true}, false},
		{"taking it back", false, fault{write: true, truncate: true}, true},
		{"sync, twice", false, fault{sync: true}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			l, now := failingLog(t, dir)
			var want []string
			if !tt.first {
				add(t, l, "before")
				want = append(want, "before")
			}
			*now = tt.fail
			if _, err := l.Append(t.Context(), entry("lost")); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Append = %v, want the error of the disk and the directory", err)
			}
			*now = fault{}
			if _, err := l.Append(t.Context(), entry("behind")); (err != nil) != tt.broken {
				t.Errorf("the next Append = %v, want an error: %v", err, tt.broken)
			}
			if !tt.broken {
				want = append(want, "behind")
			}
			if diff := cmp.Diff(want, rest(t, l, "")); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			l.Close()
			got := rest(t, openLog(t, dir, Options{}), "")
			if tt.broken && len(got) > 0 && got[len(got)-1] == "lost" {
				got = got[:len(got)-1] // it may be there: nobody was answered
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("lines after a restart (-want +got):\n%s", diff)
			}
		})
	}
}
