package worker

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/lines"
)

// TestRotatedBeforeItIsOpened: a log of a directory that is rotated between the
// look that finds it and the one that opens it is read from its first line.
func TestRotatedBeforeItIsOpened(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	line := func(id string) string {
		return `{"source_kind":"command","source_id":"` + id + `","attacker_uuid":"a","payload":{"command_text":"id"}}` + "\n"
	}
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(path, "")
	logs, err := lines.NewLogs([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	f := &Finder{Logs: logs}
	if feeds := f.sift(t.Context(), logs.Look()); len(feeds) > 0 {
		t.Fatalf("%d feeds of an empty log", len(feeds))
	}
	write(path+".1", line("1"))
	write(path, line("2"))
	feeds := f.sift(t.Context(), nil)
	if len(feeds) != 1 {
		t.Fatalf("%d feeds, want one", len(feeds))
	}
	feeds[0].Input.Follow.Once = true
	src, err := feeds[0].Input.Source(t.Context(), lines.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	got := ""
	for b := (&lines.Block{}); src.Next(t.Context(), b) == nil; b.Reset() {
		got += string(b.Text)
	}
	if want := line("1") + line("2"); got != want {
		t.Errorf("the log is read as\n%s, want\n%s", got, want)
	}
}

// TestFinder: of a directory, files that look like logs are followed, also when
// they come later or are empty at first, and others are told once.
func TestFinder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const event = `{"source_kind":"command","source_id":"1","attacker_uuid":"a","payload":{"command_text":"id"}}` + "\n"
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.json", event)
	write("notes.txt", "shopping list\n")
	write("later.json", "")
	write("rotated.json", "")
	write("rotated.json.1", event)
	for _, once := range []bool{true, false} {
		logs, err := lines.NewLogs([]string{dir, filepath.Join(dir, "named.json")})
		if err != nil {
			t.Fatal(err)
		}
		leftOut := make(chan string, 10)
		f := &Finder{looks: 2, Logs: logs, Once: once, LeftOut: func(path, why string) { leftOut <- filepath.Base(path) + ": " + why }}
		ctx, stop := context.WithCancel(t.Context())
		feeds, done := make(chan Feed, 10), make(chan error)
		go func() { done <- f.Feed(ctx, feeds) }()
		next := func() string {
			select {
			case feed := <-feeds:
				return filepath.Base(feed.Source)
			case <-time.After(10 * time.Second):
				return "nothing"
			}
		}
		got := []string{next(), next(), next()}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"a.json", "named.json", "rotated.json"}, got); diff != "" {
			t.Errorf("once %v: feeds differ (-want +got):\n%s", once, diff)
		}
		if !once {
			if out := <-leftOut; out[:9] != "notes.txt" { // all patience is spent by then
				t.Errorf("left out: %s, want notes.txt", out)
			}
			write("later.json", event)
			if got := next(); got != "later.json" {
				t.Errorf("after a file got its first line, %s comes, want later.json", got)
			}
		}
		stop()
		if err := <-done; err != nil || len(feeds) > 0 {
			t.Errorf("Feed() = %v with %d feeds more", err, len(feeds))
		}
	}
}
