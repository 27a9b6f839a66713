package engine

import (
	"strings"
	"unicode/utf8"
)

// A scalarStyle is how a scalar was written: it decides where the bytes of
// its value stand in the file.
type scalarStyle uint8

const (
	styleFar    scalarStyle = iota // folded or over several lines: positions unknown
	stylePlain                     // on one line
	styleSingle                    // on one line, '' is one quote
	styleDouble                    // on one line, with escapes
	styleBlock                     // literal block: line by line
)

// describe says what n is, for messages of the form "want X, got Y".
func (n *Node) describe() string {
	switch n.Kind {
	case Sequence:
		return "a list"
	case Mapping:
		return "a mapping"
	}
	switch n.Tag {
	case "!!str":
		return "a string"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "a boolean"
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "a date"
	}
	return "a value tagged " + n.Tag
}

// isText reports whether n is a string.
func (n *Node) isText() bool { return n.Kind == Scalar && n.Tag == "!!str" }

// member returns the value under key in a mapping, or nil.
func (n *Node) member(key string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	for i, k := range n.Keys {
		if k.Value == key {
			return n.Items[i]
		}
	}
	return nil
}

// valueSpan returns where bytes [start, end) of a scalar's Value stand: exactly
// for scalars on one line and for literal blocks, else the whole scalar.
func (n *Node) valueSpan(start, end int) Span {
	if n.style == styleFar {
		return n.Span
	}
	s := Span{Start: n.valueAt(start), End: n.valueAt(end)}
	if s.End.Line != s.Start.Line {
		s.End = Pos{s.Start.Line, s.Start.Col + 1}
	}
	return s
}

// valueAt returns the position of byte i of a scalar's Value, which may be
// its length.
func (n *Node) valueAt(i int) Pos {
	i = max(0, min(i, len(n.Value)))
	switch n.style {
	case stylePlain:
		return n.at.right(utf8.RuneCountInString(n.Value[:i]))
	case styleSingle, styleDouble:
		return n.at.right(n.quotedOffset(i))
	case styleBlock:
		return n.blockAt(i)
	}
	return n.Span.Start
}

// right returns the position n characters further on the line.
func (p Pos) right(n int) Pos { return Pos{p.Line, p.Col + n} }

// quotedOffset returns how many characters of raw, the text between the
// quotes, stand before byte i of Value.
func (n *Node) quotedOffset(i int) int {
	chars, done := 0, 0
	for raw := n.raw; raw != "" && done < i; {
		size, value := n.quotedUnit(raw)
		chars += utf8.RuneCountInString(raw[:size])
		done += value
		raw = raw[size:]
	}
	return chars
}

// quotedUnit returns how many bytes of raw the next character of the value
// takes, and how many bytes that character has in Value.
func (n *Node) quotedUnit(raw string) (size, value int) {
	if n.style == styleSingle && len(raw) > 1 && raw[:2] == "''" {
		return 2, 1
	}
	if n.style == styleDouble && len(raw) > 1 && raw[0] == '\\' {
		return escapeUnit(raw)
	}
	_, size = utf8.DecodeRuneInString(raw)
	return size, size
}

// escapeUnit is quotedUnit for an escape of YAML's double quotes.
func escapeUnit(raw string) (size, value int) {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[raw[1]]
	if size = 2 + digits; digits == 0 || len(raw) < size {
		_, size := utf8.DecodeRuneInString(raw[1:])
		return 1 + size, len(escapeValue(raw[1]))
	}
	r := rune(0)
	for _, c := range []byte(raw[2:size]) {
		r = r<<4 | rune(hexValue(c))
	}
	return size, len(string(r))
}

func hexValue(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// escapeValue returns what a one-letter escape stands for, as far as its
// length tells it from one byte: \N, \_, \L and \P are not ASCII.
func escapeValue(c byte) string {
	switch c {
	case 'N':
		return "\u0085"
	case '_':
		return "\u00a0"
	case 'L':
		return "\u2028"
	case 'P':
		return "\u2029"
	}
	return "?"
}

// blockAt is valueAt for a literal block, whose first line is n.at and whose
// lines are indented alike. The end of the value is that of its last line.
func (n *Node) blockAt(i int) Pos {
	i = min(i, len(strings.TrimRight(n.Value, "\n")))
	line, start := 0, 0
	for j := range i {
		if n.Value[j] == '\n' {
			line, start = line+1, j+1
		}
	}
	return Pos{n.at.Line + line, n.at.Col + utf8.RuneCountInString(n.Value[start:i])}
}

// flow returns n as on one line of YAML, for people.
func (n *Node) flow() string {
	var parts []string
	for i, item := range n.Items {
		text := item.flow()
		if n.Kind == Mapping {
			text = n.Keys[i].Value + ": " + text
		}
		parts = append(parts, text)
	}
	switch n.Kind {
	case Sequence:
		return "[" + strings.Join(parts, ", ") + "]"
	case Mapping:
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return n.Value
}
