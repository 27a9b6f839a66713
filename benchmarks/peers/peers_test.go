package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// grep's spelling of a pattern is the same pattern.
func TestPosix(t *testing.T) {
	for in, want := range map[string]string{
		`\b(?:ab|c1)\s+-[a-z]+`:          `\b(ab|c1)\s+-[a-z]+`,
		`(?i)ab1\.(?:com|net)/[a-z0-9]+`: `[aA][bB]1\.([cC][oO][mM]|[nN][eE][tT])/[a-zA-Z0-9]+`,
		`(?i)\brm -rf\b.*\bx\b`:          `\b[rR][mM] -[rR][fF]\b.*\b[xX]\b`,
	} {
		if got := posix(in); got != want {
			t.Errorf("posix(%q) = %q, want %q", in, got, want)
		}
	}
}

// Generated patterns compile, are no longer than a rule may have, need no quoting in
// YAML, and differ.
func TestRules(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rules")
	if err := writeRules(dir, 300); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(dir + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if _, err := regexp.Compile(line); err != nil || strings.Contains(line, "'") {
			t.Errorf("pattern %q: %v", line, err)
		}
		seen[line] = true
	}
	if files, _ := filepath.Glob(dir + "/*.yaml"); len(files) != 300 || len(seen) < 280 {
		t.Errorf("%d rules, %d patterns, want 300 and nearly as many", len(files), len(seen))
	}
}

// The inputs are the same each time, one event a line, and grep gets each text as one
// line.
func TestEvents(t *testing.T) {
	p := &pool{attack: tidy("wget x\ny \x00\u2028"), benign: []string{"id"}}
	dir := t.TempDir()
	var first []byte
	for i, name := range []string{"a.jsonl", "b.jsonl"} {
		name = filepath.Join(dir, name)
		if err := p.events(name, 100, false); err != nil {
			t.Fatal(err)
		}
		events, _ := os.ReadFile(name)
		texts, _ := os.ReadFile(name + ".txt")
		if i == 0 {
			first = events
		}
		if !bytes.Equal(first, events) || bytes.Count(events, []byte("\n")) != 100 || bytes.Count(texts, []byte("\n")) != 100 {
			t.Errorf("%s: %d lines and %d texts, want 100 of both, the same each time", name, bytes.Count(events, []byte("\n")), bytes.Count(texts, []byte("\n")))
		}
	}
	if err := head(filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "c.jsonl"), 7); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "c.jsonl")); bytes.Count(got, []byte("\n")) != 7 || !bytes.HasPrefix(first, got) {
		t.Errorf("head has %d lines, want the first 7", bytes.Count(got, []byte("\n")))
	}
	if err := head(filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "d.jsonl"), 101); !errors.Is(err, io.EOF) {
		t.Errorf("head of more lines than there are: %v, want the end of the file", err)
	}
	if err := p.cowrie(filepath.Join(dir, "cowrie.json"), 50); err != nil {
		t.Fatal(err)
	}
}

// Contestants take turns until their rounds are done or the time is; one that is too
// slow is out, and an error ends it all.
func TestCompete(t *testing.T) {
	var order []string
	contestant := func(name string, rounds int, err error) *contest {
		return &contest{name: name, rounds: rounds, run: func(add func(string, float64)) error {
			order = append(order, name)
			add("n", float64(len(order)))
			return err
		}}
	}
	slow := contestant("slow", 3, errSlow)
	all, err := compete([]*contest{contestant("a", 3, nil), contestant("b", 2, nil), slow}, time.Now().Add(time.Hour), io.Discard)
	if got := strings.Join(order, " "); err != nil || got != "a b slow b a a" || slow.out == nil || len(all["a n"]) != 3 {
		t.Errorf("order %q, %v, want a b slow, then back without the slow, then a", got, err)
	}
	order = nil
	if _, err := compete([]*contest{contestant("a", 3, nil)}, time.Now().Add(-time.Hour), io.Discard); err != nil || len(order) != 1 {
		t.Errorf("%d rounds after the time, %v, want one", len(order), err)
	}
	if _, err := compete([]*contest{contestant("a", 3, io.ErrUnexpectedEOF)}, time.Now().Add(time.Hour), io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want the contestant's error", err)
	}
}

// A page without a single figure is a page, and what was not measured is not met.
func TestReport(t *testing.T) {
	s := &session{sizes: []int{25, 1_000}, pool: &pool{}, big: 1, small: 1}
	var b strings.Builder
	if err := s.report(&b, figures{"tag repeated events/s": {1e6, 3e6}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 1 events, repeated | 2,000,000 ± 25 % |", "| events/s, repeated | at least 1,000,000 | 2,000,000 | met |", "not measured"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "NaN") {
		t.Error("the page has NaN")
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.01234: "0.0123", 12.345: "12.3", 999.9: "1,000", 1234567: "1,230,000"} {
		if got := short(v); got != want {
			t.Errorf("short(%v) = %q, want %q", v, got, want)
		}
	}
}
