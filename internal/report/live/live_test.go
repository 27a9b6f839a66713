package live

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
)

const evil = "\x1b[2J\x1b]0;owned\x07\u202e日本語\x00\n=1+1 \xff"

// tags returns n tags of several attackers and techniques, hostile throughout.
func tags(n int) []event.Tag {
	var all []event.Tag
	for i := range n {
		id := []string{"T1105", "T1082", "T1110"}[i%3]
		all = append(all, event.Tag{
			SourceKind: "command", SourceID: evil, AttackerUUID: fmt.Sprint("a", i%7, evil), AttackerIP: fmt.Sprintf("192.0.2.%d", i%7),
			SessionID: event.Some(fmt.Sprint("s", i%11)), Tactic: "TA0007", Technique: id, RuleID: "R0012", AttackRelease: "enterprise-v19.1",
			Evidence:   []byte(`{"command_text":"wget \u001b[2J\u0007 日本語日本語日本語日本語日本語日本語日本語日本語日本語","matched":"wget"}`),
			ObservedAt: fmt.Sprintf("2026-09-14T%02d:%02d:00Z", i/60%24, i%60),
		})
	}
	return all
}

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Whatever the size, what is shown fits it, and nothing of an attacker's reaches the
// terminal as it is.
func TestLinesFit(t *testing.T) {
	for _, n := range []int{0, 1, 500} {
		v := New(Options{Title: "following " + evil, Catalogue: attack.Load(), Palette: report.Palette{On: true}, Plain: n == 1})
		v.Add(tags(n))
		for _, note := range []string{"", "level=WARN msg=" + evil + "\n"} {
			if note != "" {
				if _, err := v.Write([]byte(note)); err != nil {
					t.Fatal(err)
				}
			}
			for _, width := range []int{1, 2, 9, 20, 39, 40, 80, 200} {
				for _, height := range []int{1, 2, 5, 8, 13, 18, 24, 60} {
					lines := v.Lines(width, height)
					if len(lines) > height {
						t.Errorf("%dx%d: %d lines", width, height, len(lines))
					}
					for _, l := range lines {
						l = colour.ReplaceAllString(l, "")
						if escape.Width(l) > width || escape.Terminal(l) != l {
							t.Errorf("%dx%d: %q is %d cells wide, or not safe", width, height, l, escape.Width(l))
						}
					}
				}
			}
		}
	}
}

func TestLines(t *testing.T) {
	v := New(Options{Title: "following x", Catalogue: attack.Load(), Plain: true})
	if got := strings.Join(v.Lines(80, 24), "\n"); got != "following x\nno tags yet" {
		t.Errorf("without tags: %q", got)
	}
	v.Add(tags(30))
	got := strings.Join(v.Lines(80, 30), "\n")
	for _, want := range []string{
		"3 techniques in 30 tags, 7 attackers, 11 sessions, 2026-09-14 00:00 to 2026-09-…", "activity  ",
		"  HITS  TECHNIQUE  NAME", "    10  T1105      Ingress Tool Transfer", "ACTIVITY",
		"  TAGS  TECHNIQUES  ATTACKER", "     5           3  192.0.2.0",
		"LAST HITS\n00:29:00  192.0.2.1        T1110      wget \\x1b[2J",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	small := strings.Join(v.Lines(80, 9), "\n")
	if !strings.Contains(small, "T1105") || strings.Contains(small, "LAST HITS") || strings.Contains(small, "ATTACKER\n") {
		t.Errorf("a small screen shows more than techniques:\n%s", small)
	}
	if _, err := v.Write([]byte("first\n")); err != nil {
		t.Fatal(err)
	}
	_, _ = v.Write([]byte("second\n"))
	if lines := v.Lines(80, 24); len(lines) != 24 || lines[23] != "second" {
		t.Errorf("the last line of the log is not the last line: %q", lines)
	}
	if v.Notes() != "first\nsecond\n" {
		t.Errorf("Notes = %q", v.Notes())
	}
}

// However much comes, little is kept.
func TestBounded(t *testing.T) {
	v := New(Options{Catalogue: attack.Load()})
	for range 50 {
		v.Add(tags(200))
		_, _ = v.Write([]byte(strings.Repeat("x", 5000) + "\n"))
		for range 10 {
			_, _ = v.Write([]byte("y\n"))
		}
	}
	if len(v.hits) != maxHits || cap(v.hits) > 8*maxHits || len(v.notes) != maxNotes {
		t.Errorf("%d hits, room for %d, %d notes", len(v.hits), cap(v.hits), len(v.notes))
	}
	if !strings.HasPrefix(v.Notes(), "350 lines of the log left out\n") {
		t.Errorf("Notes begins %.40q", v.Notes())
	}
}
