package findings

import (
	"strings"
	"unicode/utf8"

	"ttpctl/internal/engine"
	"ttpctl/internal/escape"
)

// An excerpt shows so many cells of a line before, above and behind the
// carets: rule files are strangers' files, and one line may be a mebibyte.
const (
	leadWidth  = 100
	caretWidth = 80
	tailWidth  = 60
)

// A text, once indexed, finds lines and columns in a source. Diagnostics come sorted, so it
// remembers where it last looked; it is for one goroutine.
type text struct {
	data   string
	starts []int // byte offsets of the lines

	line, col, at int // at is the offset of column col of line
}

// index finds the lines, once. Lines end where YAML says they do: also at a
// lone carriage return, NEL, LS and PS.
func (t *text) index() {
	if t.starts != nil {
		return
	}
	t.starts = []int{0}
	for i := 0; i < len(t.data); {
		n := lineBreak(t.data[i:])
		if n > 0 {
			t.starts = append(t.starts, i+n)
		}
		i += max(1, n)
	}
}

// lineBreak returns the length of the line break that b begins with, or 0.
func lineBreak(b string) int {
	switch b[0] {
	case '\n':
		return 1
	case '\r':
		if len(b) > 1 && b[1] == '\n' {
			return 2
		}
		return 1
	case 0xc2:
		if strings.HasPrefix(b, "\u0085") {
			return 2
		}
	case 0xe2:
		if strings.HasPrefix(b, "\u2028") || strings.HasPrefix(b, "\u2029") {
			return 3
		}
	}
	return 0
}

// bounds returns the byte range of line n (1-based) without its break, and
// false when there is no such line.
func (t *text) bounds(n int) (start, end int, ok bool) {
	if n < 1 || n > len(t.starts) {
		return 0, 0, false
	}
	start, end = t.starts[n-1], len(t.data)
	if n < len(t.starts) {
		end = t.starts[n]
	}
	for end > start && lineBreak(t.data[end-1:end]) > 0 {
		end--
	}
	for _, wide := range []string{"\u0085", "\u2028", "\u2029"} {
		if strings.HasSuffix(t.data[start:end], wide) {
			end -= len(wide)
		}
	}
	return start, end, true
}

// offset returns the byte offset of column col (1-based, in characters) of a
// line, at most its end.
func (t *text) offset(line, col int) int {
	start, end, ok := t.bounds(line)
	if !ok {
		return len(t.data)
	}
	if t.line != line || t.col > col {
		t.line, t.col, t.at = line, 1, start
	}
	for t.col < col && t.at < end {
		_, n := utf8.DecodeRuneInString(t.data[t.at:end])
		t.at += n
		t.col++
	}
	return t.at
}

// lead returns line n as far as an excerpt shows it, for context.
func (t *text) lead(n int) (string, bool) {
	start, end, ok := t.bounds(n)
	if !ok {
		return "", false
	}
	return escape.Cut(t.data[start:end], leadWidth+tailWidth), true
}

// marked returns the first line of span and, to stand beneath it, its carets.
// Of a long line it is the part around the carets.
func (t *text) marked(span engine.Span) (line, carets string, ok bool) {
	start, end, ok := t.bounds(span.Start.Line)
	if !ok || span.Start.Col < 1 {
		return "", "", false
	}
	from := t.offset(span.Start.Line, span.Start.Col)
	to := end
	if span.End.Line == span.Start.Line {
		to = t.offset(span.End.Line, max(span.End.Col, span.Start.Col+1))
	}
	before := escape.Last(t.data[start:from], leadWidth)
	inside := escape.Cut(t.data[from:to], caretWidth)
	after := ""
	if !strings.HasSuffix(inside, "…") {
		after = escape.Cut(t.data[to:end], tailWidth)
	}
	head := escape.Terminal(before)
	if len(before) < from-start {
		head = "…" + head
	}
	carets = strings.Repeat(" ", escape.Width(head)) + strings.Repeat("^", max(1, escape.Width(inside)))
	return head + inside + after, carets, true
}
