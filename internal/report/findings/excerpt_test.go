package findings

import (
	"strings"
	"testing"

	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
)

func span(line, from, to int) engine.Span {
	return engine.Span{Start: engine.Pos{Line: line, Col: from}, End: engine.Pos{Line: line, Col: to}}
}

func newText(data string) *text {
	t := &text{data: data}
	t.index()
	return t
}

func TestMarked(t *testing.T) {
	tests := []struct {
		name, data   string
		span         engine.Span
		line, carets string
	}{
		{"word", "a: b\nkey: value\n", span(2, 6, 11), "key: value", "     ^^^^^"},
		{"no end", "key: value", span(1, 6, 0), "key: value", "     ^"},
		{"past the end", "key", span(1, 9, 12), "key", "   ^"},
		{"several lines", "a: |\n  b\n", engine.Span{Start: engine.Pos{Line: 1, Col: 4}, End: engine.Pos{Line: 2, Col: 3}}, "a: |", "   ^"},
		{"wide characters", "日本: 語x", span(1, 5, 6), "日本: 語x", "      ^^"},
		{"escaped", "a\x1bb: c", span(1, 6, 7), `a\x1bb: c`, "        ^"},
		{"crlf", "a: b\r\nc: d\r\n", span(2, 4, 5), "c: d", "   ^"},
		{"line separator", "a: b\u2028c: d\n", span(2, 4, 5), "c: d", "   ^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			line, carets, ok := newText(tt.data).marked(tt.span)
			if !ok || line != tt.line || carets != tt.carets {
				t.Errorf("marked(%v) of %q = %q, %q, %v, want %q, %q", tt.span, tt.data, line, carets, ok, tt.line, tt.carets)
			}
		})
	}
}

func TestMarkedLongLine(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	line, carets, ok := newText(long + "HERE" + long).marked(span(1, 1<<20+1, 1<<20+5))
	if !ok || !strings.Contains(line, "xHEREx") || escape.Width(line) > leadWidth+caretWidth+tailWidth {
		t.Fatalf("marked = %q, %v, want the part around HERE", line, ok)
	}
	if at := escape.Width(line[:strings.Index(line, "HERE")]); carets != strings.Repeat(" ", at)+"^^^^" {
		t.Errorf("carets are %q, want four from cell %d", carets, at)
	}
}

func TestMarkedNowhere(t *testing.T) {
	for _, s := range []engine.Span{{}, span(3, 1, 2), span(-1, 1, 2), span(1, 0, 2)} {
		if line, _, ok := newText("a\nb").marked(s); ok {
			t.Errorf("marked(%v) of two lines = %q, want none", s, line)
		}
	}
}

func TestTextInAnyOrder(t *testing.T) {
	const data = "日本語\nabc\n"
	tests := []struct{ line, col, want int }{{1, 3, 6}, {1, 2, 3}, {2, 2, 11}, {1, 1, 0}, {1, 4, 9}, {1, 99, 9}, {9, 1, 14}}
	x := newText(data)
	for _, tt := range tests {
		if got := x.offset(tt.line, tt.col); got != tt.want {
			t.Errorf("offset(%d, %d) = %d, want %d", tt.line, tt.col, got, tt.want)
		}
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("a: b\nc: d\n", 2, 4, 2, 5)
	f.Add("\u2028\r\n\x85\xff", 1, 1, 3, 0)
	f.Fuzz(func(t *testing.T, data string, l1, c1, l2, c2 int) {
		x := newText(data)
		line, carets, ok := x.marked(engine.Span{Start: engine.Pos{Line: l1, Col: c1}, End: engine.Pos{Line: l2, Col: c2}})
		if ok && (escape.Terminal(line) != line || !strings.Contains(carets, "^")) {
			t.Errorf("marked of %q = %q, %q", data, line, carets)
		}
		x.lead(l1)
	})
}
