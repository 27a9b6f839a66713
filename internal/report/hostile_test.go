package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/escape"
	"ttpctl/internal/event"
)

// hostile are texts that attackers choose.
func hostile() []string {
	return []string{
		"\x1b[2J\x1b]0;pwned\a", "a\r\nb\tc\x00\x7f", "\u009b31m", "\u202ecod.exe", "\u200b\u2066x\ufeff",
		"\xff\xfe\xc3", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", `","x`, "</script>", "::error::x", "a|b",
		strings.Repeat("日本語", 100), strings.Repeat("e\u0301", 300), "👩🏽‍💻👨‍👩‍👧‍👦🇩🇪", strings.Repeat("\u0301", 5000),
		strings.Repeat("A", 1<<20), strings.Repeat("\x1b[31m", 1<<14), strings.Repeat("x ", 1<<15),
	}
}

// hostileTag has text everywhere, evidence included.
func hostileTag(text string) event.Tag {
	quoted, _ := jsontext.AppendQuote(nil, text)
	return event.Tag{
		SourceKind: text, SourceID: text, AttackerUUID: text, IdentityUUID: text,
		SessionID: event.Some(text), DeckyID: event.Some(text),
		Tactic: text, Technique: text, SubTechnique: text, RuleID: text,
		Evidence:      append(append([]byte(`{"command_text":`), quoted...), '}'),
		AttackRelease: text, MitreURL: text, ObservedAt: text,
	}
}

func hostileAccount(text string) *Account {
	return &Account{
		Rejected: 9, Reasons: []string{text}, Errors: []string{text}, Disabled: []string{text}, Clipped: []string{text},
		Ignored: map[string]int64{text: 1, text + "2": 2}, Unhandled: map[string]int64{text: 3},
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	var all []event.Tag
	for _, text := range hostile() {
		tags := []event.Tag{hostileTag(text), download()}
		all = append(all, tags...)
		out := write(t, "table", Options{Text: TextOptions{Width: 100}}, nil, tags)
		checkTerminal(t, "table of "+text[:min(len(text), 20)], out, 300)

		var b bytes.Buffer
		if err := hostileAccount(text).WriteText(&b, Meta{RulesetHash: text}); err != nil {
			t.Fatal(err)
		}
		checkTerminal(t, "account", b.String(), 400)
	}
	for _, width := range []int{0, 1, 20, 80, 140} {
		checkTerminal(t, "table", write(t, "table", Options{Text: TextOptions{Width: width}}, nil, all), 500)
	}
}

func TestHostileJSON(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		tags := []event.Tag{hostileTag(text), download()}
		o := Options{Meta: Meta{ToolVersion: text}}
		for _, format := range []string{"json", "jsonl"} {
			out := write(t, format, o, hostileAccount(text), tags)
			dec := jsontext.NewDecoder(strings.NewReader(out)) // strict: UTF-8, no duplicates
			values := 0
			for ; dec.PeekKind() != 0; values++ {
				if _, err := dec.ReadValue(); err != nil {
					t.Fatalf("%s of %.20q: %v", format, text, err)
				}
			}
			if want := map[string]int{"json": 1, "jsonl": 2}[format]; values != want {
				t.Errorf("%s of %.20q has %d values, want %d", format, text, values, want)
			}
		}
		if v := hostileAccount(text).JSON(); !v.IsValid() {
			t.Errorf("account with %.20q is no valid JSON: %.200s", text, v)
		}
		counts := []TechniqueCount{{Technique: "T1105", Domain: attack.Enterprise, Rules: []string{text}, Example: text}}
		if l := Navigator(text, attack.Enterprise, catalogue(), counts); !jsontext.Value(l).IsValid() {
			t.Errorf("layer with %.20q is no valid JSON: %.200s", text, l)
		}
	}
}

func TestHostileCSV(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		var rows [][]string
		for _, out := range []string{
			write(t, "csv", Options{}, nil, []event.Tag{hostileTag(text)}),
			tableCSV(t, text, []string{text, text}),
		} {
			got, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil || len(got) != 2 {
				t.Fatalf("CSV of %.20q reads back as %d rows, %v, want 2", text, len(got), err)
			}
			for line := range strings.Lines(out) {
				if text := strings.TrimSuffix(line, "\n"); escape.Terminal(text) != text {
					t.Errorf("CSV holds what a reader cannot see: %.80q", text)
				}
			}
			rows = append(rows, got...)
		}
		for _, row := range rows {
			for i, field := range row {
				if strings.ContainsAny(strings.TrimLeft(field, " ")[:min(1, len(strings.TrimLeft(field, " ")))], "=+-@\t\r\n") {
					t.Errorf("CSV field %d begins a formula: %.40q", i, field)
				}
			}
		}
	}
}

func tableCSV(t *testing.T, values ...any) string {
	t.Helper()
	table := &Table{Columns: make([]Column, len(values))}
	table.Add(values...)
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHostileTable(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		table := &Table{Columns: []Column{
			{Name: text}, {Name: "A", Min: 5, Max: 30}, {Name: "B", Fold: 1}, {Name: "C", Note: true}, {Name: "D", Max: 10},
		}}
		table.Columns[0].Key = "first"
		table.Add(text, text, []string{text, text}, text, text)
		var b bytes.Buffer
		if err := table.WriteMarkdown(&b); err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(b.String(), "\n"); lines != 3 {
			t.Errorf("Markdown of %.20q has %d lines, want 3", text, lines)
		}
		checkTerminal(t, "Markdown", b.String(), 1<<30)
		var rows []map[string]any
		text, err := table.MarshalJSON()
		if err == nil {
			err = json.Unmarshal(text, &rows)
		}
		if err != nil || len(rows) != 1 {
			t.Errorf("JSON of %.20q has %d rows, %v, want 1", text, len(rows), err)
		}
		table.Columns[0].Name = "FIRST"
		for _, width := range []int{0, 1, 40, 120} {
			b.Reset()
			if err := table.WriteText(&b, TextOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			checkTerminal(t, "text", b.String(), 700)
		}
	}
}
