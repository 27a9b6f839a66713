package report

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rules is a table with a value of every type.
func rules() *Table {
	t := &Table{Columns: []Column{
		{Name: "RULE", Key: "rule_id"}, {Name: "TAGS", Numeric: true}, {Name: "VERSION"}, {Name: "LAST SEEN"},
		{Name: "SHARE", Numeric: true}, {Name: "ON"}, {Name: "KINDS"}, {Name: "ATTACKERS", Numeric: true}, {Name: "EXAMPLE", Note: true},
	}}
	t.Add("R0001", 1234567, 1000, time.Date(2026, 3, 18, 12, 26, 30, 5e8, time.FixedZone("", 7200)), 0.85, true,
		[]string{"command", "session"}, Count{250_000, true}, "wget <b>|x")
	t.Add("R0002", int64(-5), nil, time.Time{}, math.NaN(), false, []string{}, Count{7, false}, nil)
	return t
}

func text(t *testing.T, table *Table, o TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteText(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableText(t *testing.T) {
	const want = `
RULE        TAGS  VERSION  LAST SEEN         SHARE  ON   KINDS             ATTACKERS
R0001  1,234,567  1000     2026-03-18 10:26   0.85  yes  command, session   250,000+
    wget <b>|x
R0002         -5                               NaN  no                             7
`
	if diff := cmp.Diff(want[1:], text(t, rules(), TextOptions{})); diff != "" {
		t.Errorf("WriteText() (-want +got):\n%s", diff)
	}
}

func TestTableCSV(t *testing.T) {
	var b bytes.Buffer
	if err := rules().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	const want = `
rule_id,tags,version,last_seen,share,on,kinds,attackers,example
R0001,1234567,1000,2026-03-18T10:26:30.5Z,0.85,true,command session,250000+,wget <b>|x
R0002,-5,,,NaN,false,,7,
`
	if diff := cmp.Diff(want[1:], b.String()); diff != "" {
		t.Errorf("WriteCSV() (-want +got):\n%s", diff)
	}
}

func TestTableJSON(t *testing.T) {
	text, err := rules().MarshalJSON()
	const want = `[
{"rule_id":"R0001","tags":1234567,"version":1000,"last_seen":"2026-03-18T10:26:30.5Z","share":0.85,"on":true,"kinds":["command","session"],"attackers":"250000+","example":"wget <b>|x"},
{"rule_id":"R0002","tags":-5,"version":null,"last_seen":null,"share":null,"on":false,"kinds":[],"attackers":7,"example":null}
]`
	if diff := cmp.Diff(want, string(text)); diff != "" || err != nil {
		t.Errorf("MarshalJSON() (-want +got):\n%s", diff)
	}
	if got, err := (Table{Columns: []Column{{Name: "A"}}}).MarshalJSON(); string(got) != "[]" || err != nil {
		t.Errorf("MarshalJSON() of no rows = %s, %v, want []", got, err)
	}
}

func TestTableMarkdown(t *testing.T) {
	table := &Table{Columns: []Column{{Name: "RULE"}, {Name: "TAGS", Numeric: true}, {Name: "EXAMPLE", Note: true, Max: 60}}}
	table.Add("R0001", 1234, "a|b <img src=x> `id` [x](http://e.com) \n# www.e.com &amp; "+strings.Repeat("x", 60))
	var b bytes.Buffer
	if err := table.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	const want = `
| RULE | TAGS | EXAMPLE |
|---|--:|---|
` + "| R0001 | 1,234 | a\\|b &lt;img src=x&gt; \\`id\\` \\[x\\](http&#58;//e.com) \\\\n\\# www&#46;e.com &amp;amp; … |\n"
	if diff := cmp.Diff(want[1:], b.String()); diff != "" {
		t.Errorf("WriteMarkdown() (-want +got):\n%s", diff)
	}
}

func TestTableEmptyText(t *testing.T) {
	table := &Table{Columns: []Column{{Name: "RULE"}, {Name: "TAGS", Numeric: true}}}
	if got, want := text(t, table, TextOptions{Width: 80}), "RULE  TAGS\n"; got != want {
		t.Errorf("WriteText() of no rows = %q, want %q", got, want)
	}
}

func TestTableColor(t *testing.T) {
	table := &Table{Columns: []Column{{Name: "RULE"}, {Name: "EXAMPLE", Note: true}}}
	table.Add("R0001", "\x1b[31mx")
	const want = "\x1b[1mRULE\x1b[0m\nR0001\n\x1b[2m    \\x1b[31mx\x1b[0m\n"
	if got := text(t, table, TextOptions{Color: true}); got != want {
		t.Errorf("WriteText() in colour = %q, want %q", got, want)
	}
}

func TestTableWideCharacters(t *testing.T) {
	table := &Table{Columns: []Column{{Name: "日本"}, {Name: "N", Numeric: true}}}
	table.Add("日本語", 1)
	table.Add("abc", 22)
	table.Add("e\u0301e\u0301", 333)
	const want = "日本      N\n日本語    1\nabc      22\ne\u0301e\u0301      333\n"
	if got := text(t, table, TextOptions{}); got != want {
		t.Errorf("WriteText() of wide characters =\n%swant\n%s", got, want)
	}
}

// Tables of many rows are drawn piece by piece; the pieces must not show.
func TestTableManyRows(t *testing.T) {
	table := &Table{Columns: []Column{{Name: "RULE", Min: 6}, {Name: "TAGS", Numeric: true}, {Name: "NOTE", Note: true}}}
	var want strings.Builder
	want.WriteString("RULE      TAGS\n")
	for i := range 3*renderRows + 7 {
		table.Add(fmt.Sprintf("R%04d a b", i), i, fmt.Sprint("note ", i))
		fmt.Fprintf(&want, "R%04d  %7s\na b\n    note %d\n", i, Grouped(int64(i)), i)
	}
	table.Add("last", 12345678, nil)
	got := text(t, table, TextOptions{Width: 14})
	for _, line := range strings.Split(got, "\n") {
		if cells(line) > 18 {
			t.Fatalf("line %q is too wide", line)
		}
	}
	if lines, want := strings.Count(got, "\n"), 1+3*(3*renderRows+7)+1; lines != want {
		t.Errorf("WriteText() of %d rows has %d lines, want %d", table.Len(), lines, want)
	}
	if !strings.HasSuffix(got, "\nlast    12,345,678\n") && !strings.HasSuffix(got, "\nlast      12,345,678\n") {
		t.Errorf("WriteText() ends in %q", got[len(got)-40:])
	}
}

func TestTableAddPanics(t *testing.T) {
	for name, row := range map[string][]any{"too few": {1}, "type": {1, struct{}{}}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("Add(%v) did not panic", row)
				}
			}()
			(&Table{Columns: make([]Column, 2)}).Add(row...)
		})
	}
}
