package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestRun: the matches are those of package regexp, of rules and events in either form.
func TestRun(t *testing.T) {
	patterns := []string{`(?i)\bwget\b.*\bx86\b`, `^uname(?:\s|$)`, `it's`}
	texts := []string{"cd /tmp; WGET http://h/x86", "uname -a", "echo it's uname", "ls"}
	want := 0
	for _, p := range patterns {
		for _, text := range texts {
			if regexp.MustCompile(p).MatchString(text) {
				want++
			}
		}
	}
	dir := t.TempDir()
	write := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("rules/R1.yaml", "rule_id: R1\nmatch: {pattern: '(?i)\\bwget\\b.*\\bx86\\b'}\nemits: []\n")
	write("rules/R2.yaml", "match: {pattern: '^uname(?:\\s|$)'}\n")
	write("rules/R3.yaml", "match: {pattern: 'it''s'}\n")
	lines, events, list := "", "", ""
	for _, text := range texts {
		lines += text + "\n"
		events += `{"payload":{"command_text":"` + text + `"}}` + "\n"
	}
	for _, p := range patterns {
		list += p + "\n"
	}
	for _, c := range [][2]string{
		{filepath.Join(dir, "rules"), write("events.jsonl", events)},
		{write("list.txt", list), write("lines.txt", lines)},
	} {
		r, err := run(c[0], c[1], 1)
		if err != nil {
			t.Fatal(err)
		}
		if r.Matches != want || r.Rules != len(patterns) || r.Texts != len(texts) {
			t.Errorf("run(%q, %q) = %+v, want %d matches of %d rules in %d texts", c[0], c[1], r, want, len(patterns), len(texts))
		}
	}
	if _, err := run(write("bad.txt", "a(\n"), write("lines.txt", lines), 1); err == nil {
		t.Error("run() of a pattern that is no pattern has no error")
	}
	if _, err := run(write("list.txt", list), write("none.txt", ""), 1); err == nil {
		t.Error("run() without texts has no error")
	}
}
