package lines

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitRotation(t *testing.T) {
	for name, want := range map[string]string{
		"cowrie.json":                 "cowrie.json",
		"cowrie.json.1":               "cowrie.json",
		"cowrie.json.12.gz":           "cowrie.json",
		"cowrie.json.2018-05-06":      "cowrie.json",
		"cowrie.json.2018_5_6":        "cowrie.json",
		"access.log-20180506.zst":     "access.log",
		"access.log-20180506-1546000": "access.log",
		"sensor-3.2018-05-06":         "sensor-3",
		"0.log.20260101-100000":       "0.log",
		"0.log":                       "0.log",
		"web-1":                       "web-1",
		"web-1.log":                   "web-1.log",
		"ip-192.168.10.25":            "ip-192.168.10 uncertain",
		"sensor-3.1":                  "sensor-3 uncertain",
		"20261130":                    "20261130",
		"x.gz":                        "x.gz",
		"...":                         "...",
		".1":                          ".1",
	} {
		got, certain := splitRotation(name)
		if !certain {
			got += " uncertain"
		}
		if got != want {
			t.Errorf("splitRotation(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestRotationsInOrder(t *testing.T) {
	tests := []struct{ name, written, want string }{ // files in the order in which they were written
		{"counted", "log.10.gz log.9 log.2.gz log.1 log", "log.10.gz log.9 log.2.gz log.1 log"},
		{"counted, touched since", "log.1 log.10.gz log log.9", "log.10.gz log.9 log.1 log"},
		{"dated", "log.2018-11-30 log.2018_5_6 log.2018-05-07.gz log", "log.2018_5_6 log.2018-05-07.gz log.2018-11-30 log"},
		{"both", "log.20261130 log.2 log.20261201 log.1 log", "log.20261130 log.2 log.20261201 log.1 log"},
		{"being compressed", "log.2 log.1 log.1.gz log", "log.2 log.1 log"},
		{"of other logs", "log.1 log log2 log.x log.1.txt logs.1 xlog.1 log.1234", "log.1 log"},
		{"the log alone is not there", "log.2 log.1", "log.2 log.1"},
	}
	for _, tt := range tests {
		d := newLogDir(t)
		for i, name := range strings.Fields(tt.written) {
			d.write(name, "x\n")
			d.touch(name, i)
		}
		var got []string
		for _, l := range rotations(d.path("log")) {
			got = append(got, filepath.Base(l.path))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: rotations (-want +got):\n%s", tt.name, diff)
		}
	}
}

// logNames returns logs as paths below d, with a mark where rotations are read.
func (d logDir) logNames(logs []Log) (names []string) {
	real, err := filepath.EvalSymlinks(d.dir)
	d.check(err)
	for _, l := range logs {
		name := strings.TrimPrefix(strings.TrimPrefix(l.Path, d.dir), real)
		if l.Rotations {
			name += " and rotations"
		}
		names = append(names, name)
	}
	return names
}

func TestLogs(t *testing.T) {
	t.Parallel()
	d := newLogDir(t)
	for _, name := range []string{"s/cowrie.json", "s/cowrie.json.1", "s/cowrie.json.2.gz", "s/old.log.20261130", "s/.hidden", "s/10.0.0.5", "s/10.0.0.6", "t/web-1", "t/web-2", "single", "single.1"} {
		d.check(os.MkdirAll(filepath.Dir(d.path(name)), 0o700))
		d.write(name, "x\n")
	}
	d.check(os.Symlink(d.path("s"), d.path("s/loop")))
	d.check(os.Symlink(d.path("s/cowrie.json"), d.path("t/current")))
	l, err := NewLogs([]string{d.path("s"), d.path("t/*"), d.path("single"), d.path("missing"), d.path("s/cowrie.json")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/s/10.0.0.5 and rotations", "/s/10.0.0.6 and rotations", "/s/cowrie.json and rotations", "/s/old.log and rotations", "/t/web-1", "/t/web-2", "/single", "/missing"}
	if diff := cmp.Diff(want, d.logNames(l.Look())); diff != "" {
		t.Errorf("logs (-want +got):\n%s", diff)
	}
	if again := l.Look(); len(again) > 0 {
		t.Errorf("a second look gives %v, want nothing", again)
	}
	d.rename("s/cowrie.json", "s/cowrie.json.3")
	d.write("s/new.log", "x\n")
	fresh, err := l.Next(t.Context(), false)
	if diff := cmp.Diff([]string{"/s/new.log and rotations"}, d.logNames(fresh)); diff != "" || err != nil {
		t.Errorf("Next() = %v; logs (-want +got):\n%s", err, diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Next(ctx, false); err == nil {
		t.Error("Next() = nil once its context has ended, want an error")
	}
}

func TestBadLogPatterns(t *testing.T) {
	for _, p := range []string{"-", "", "a[*"} {
		if _, err := NewLogs([]string{p}); err == nil {
			t.Errorf("NewLogs(%q) = nil, want an error", p)
		}
	}
}
