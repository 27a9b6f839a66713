package explain

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/report"
)

func FuzzAround(f *testing.F) {
	f.Add("cd /tmp; wget http://192.0.2.7/x", 9, 13, 40)
	f.Add(strings.Repeat("\x00", 500)+"match"+strings.Repeat("日本", 500), 500, 505, 30)
	f.Add(strings.Repeat("e\u0301", 300)+"\xff\x1b[2J", 3, 9, 20)
	f.Fuzz(func(t *testing.T, text string, start, end, room int) {
		room = 20 + int(uint(room)%200)
		start = min(max(start, 0), len(text))
		end = min(max(end, start), len(text))
		before, inside, after := around(text, start, end, room)
		whole := before + inside + after
		if w := escape.Width(before) + escape.Width(inside) + escape.Width(after); w > room+1 || escape.Terminal(whole) != whole || !utf8.ValidString(whole) {
			t.Errorf("around(%q, %d, %d, %d) = %q, %q, %q: %d cells", text, start, end, room, before, inside, after, w)
		}
		if end > start && inside == "" {
			t.Errorf("around(%q, %d, %d, %d) shows nothing of the match", text, start, end, room)
		}
	})
}

// TestEnvelope holds the envelope, which is written in pieces, to what
// a reader of JSON expects of it.
func TestEnvelope(t *testing.T) {
	for n := range 3 {
		var b strings.Builder
		w := newJSON(&b, attack.Load(), report.Meta{})
		for range n {
			if err := w.Write(&Input{Text: `<"inputs": []>`}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Finish([]report.Problem{{Message: "wrong"}}); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Schema  string
			Data    struct{ Inputs []struct{ Input string } }
			Summary struct{ Inputs int }
			Errors  []report.Problem
		}
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
			t.Fatalf("%d inputs: %v in:\n%s", n, err, b.String())
		}
		if got.Schema != "ttpctl.explain/v1" || len(got.Data.Inputs) != n || got.Summary.Inputs != n || len(got.Errors) != 1 {
			t.Errorf("%d inputs: %+v", n, got)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, []byte(b.String()), "", "  "); err != nil || indented.String() != b.String() {
			t.Errorf("%d inputs: not indented throughout (%v):\n%s", n, err, b.String())
		}
	}
}

func TestLooksLikeEvent(t *testing.T) {
	for text, want := range map[string]bool{
		`{"source_kind":"command"}`: true, "{}": true, " \t{\n \"a\"": true, `{"`: true,
		"{ id; }": false, "{wget,http://h}": false, "id": false, "": false, "{": false, `"{"`: false, "[{}]": false,
	} {
		if got := looksLikeEvent(text); got != want {
			t.Errorf("looksLikeEvent(%q) = %v, want %v", text, got, want)
		}
	}
}
