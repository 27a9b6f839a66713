package ingest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/lines"
)

// slowly returns an input that gives one line a read.
func slowly(texts []string) Input {
	pr, pw := io.Pipe()
	go func() {
		for _, text := range texts {
			io.WriteString(pw, text+"\n")
		}
		pw.Close()
	}()
	return Input{Name: "in", Reader: pr}
}

// TestLiveRecognised: lines of an input that is being written are what they are
// as soon as one tells, and whatever came before it.
func TestLiveRecognised(t *testing.T) {
	connect, command := cowrieLine("session.connect", "s", 1, ""), cowrieLine("command.input", "s", 2, `,"input":"id"`)
	garbage := func(n int, rest ...string) []string {
		return append(strings.Split(strings.TrimSuffix(strings.Repeat("garbage\n", n), "\n"), "\n"), rest...)
	}
	tests := []struct {
		name     string
		lines    []string
		format   string
		rejected int
	}{
		{"at once", []string{connect, command}, "cowrie", 0},
		{"behind blank lines", []string{"", "", connect, command}, "cowrie", 0},
		{"behind garbage", garbage(5, connect, command), "cowrie", 5},
		{"behind the most garbage", garbage(sniffLines-1, connect, command), "cowrie", sniffLines - 1},
		{"too late", garbage(sniffLines, connect, command), "unknown", sniffLines + 2},
		{"never", garbage(3), "unknown", 3},
		{"wrapped, behind garbage", append([]string{"garbage"}, strings.Split(wrapped(t, "docker", []string{connect, command}), "\n")...), "cowrie in docker", 1},
	}
	for _, tt := range tests {
		rec := &recorder{}
		a, err := Run(t.Context(), []Input{slowly(tt.lines)}, Config{Workers: 1}, rec.evaluator, func(*Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		commands, want := len(ofKind(rec.events, "command")), 1
		if tt.format == "unknown" {
			want = 0
		}
		if commands != want || a.Rejected != tt.rejected || a.Formats.Count(tt.format) != 1 || len(a.Detected) != 1 || len(a.Unknown) != 1-want {
			t.Errorf("%s: %d commands, %d rejected, detected %v, unknown %v; want %d, %d, %s", tt.name, commands, a.Rejected, a.Detected, a.Unknown, want, tt.rejected, tt.format)
		}
	}
}

// TestWrappedCutAndResume cuts wrapped logs at every line, within lines that
// came in parts too: with the state the rest gives what the whole does.
func TestWrappedCutAndResume(t *testing.T) {
	texts := []string{
		cowrieLine("session.connect", "s", 1, ""), cowrieLine("command.input", "s", 2, `,"input":"id"`), cowrieLine("command.input", "s", 3, `,"input":"w"`),
		cowrieLine("session.closed", "s", 4, ""),
	}
	for _, kind := range []string{"cri", "docker", "journald"} {
		whole := strings.Split(wrapped(t, kind, texts), "\n")
		want, _ := runText(t, Config{}, strings.Join(whole, "\n"))
		for cut := 1; cut < len(whole); cut++ {
			got, state := runKeeping(t, Config{}, nil, strings.Join(whole[:cut], "\n"))
			more, a := runText(t, Config{State: state}, strings.Join(whole[cut:], "\n"))
			if diff := cmp.Diff(want, append(got, more...)); diff != "" || a.Rejected > 0 || a.Formats.Count("cowrie in "+kind) != 1 {
				t.Errorf("%s cut before line %d: %d rejected, formats %v; events differ (-whole +cut):\n%s", kind, cut+1, a.Rejected, a.Detected, diff)
			}
		}
	}
}

// TestFollowedFormats: each file of a followed log is looked at, and lines that
// tell nothing count for what the file before was. Rejected lines are named by
// their file and their number in it.
func TestFollowedFormats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write := func(name string, texts ...string) {
		if err := os.WriteFile(name, []byte(strings.Join(texts, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(path+".3", cowrieLine("session.connect", "s", 1, ""), cowrieLine("command.input", "s", 2, `,"input":"id"`))
	write(path+".2", "garbage", cowrieLine("command.input", "s", 3, `,"input":"w"`))
	write(path+".1", accessLine(0, "GET / HTTP/1.1", `200 1 "-" "-"`), "rubbish")
	write(path, strings.Split(wrapped(t, "docker", []string{cowrieLine("command.input", "s", 4, `,"input":"ls"`)}), "\n")...)
	rec := &recorder{}
	in := Input{Name: path, Follow: &lines.Follow{Once: true, Rotations: true, Grace: time.Millisecond}}
	a, err := Run(t.Context(), []Input{in}, Config{Workers: 1}, rec.evaluator, func(*Batch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	var formats, rejected []string
	for _, d := range a.Detected {
		formats = append(formats, d.Format)
	}
	for _, r := range a.Rejections {
		rejected = append(rejected, fmt.Sprintf("%s:%d", strings.TrimPrefix(r.File, path), r.Line))
	}
	if diff := cmp.Diff([]string{"cowrie", "access", "cowrie in docker"}, formats); diff != "" {
		t.Errorf("formats (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{".2:1", ".1:2"}, rejected); diff != "" {
		t.Errorf("rejections (-want +got):\n%s", diff)
	}
	if n := len(ofKind(rec.events, "command")); n != 3 || len(ofKind(rec.events, "http_request")) != 1 {
		t.Errorf("%d commands in %q, want 3, and one request", n, rec.events)
	}
}

// TestFollowedSilence: a followed log is silent only once all of it was read.
func TestFollowedSilence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(cowrieLine("login.failed", "s", 1, `,"username":"a","password":"b"`)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := make(chan time.Time)
	go func() {
		for at := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC); ; at = at.Add(11 * time.Minute) {
			select {
			case tick <- at:
			case <-ctx.Done():
				return
			}
		}
	}()
	closed := false
	_, err := Run(ctx, []Input{{Name: path, Follow: &lines.Follow{}}}, Config{Workers: 1, Idle: tick, KeepOpen: true}, newTagEach, func(b *Batch) error {
		for _, tag := range b.Tags {
			if strings.HasPrefix(tag.SourceID, "auth:") {
				closed = true
				cancel()
			}
		}
		return nil
	})
	if err != nil || !closed {
		t.Errorf("Run() = %v; silence closed the episode: %v, want true", err, closed)
	}
}
