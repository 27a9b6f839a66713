package lines

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// decode sets s up to read UTF-8, an object a line: an archive becomes one
// text, UTF-16 is recognised by its byte order mark, and of a JSON array each
// element becomes a line.
func (s *Stream) decode() {
	if s.tar {
		s.Reader, s.tar = bufio.NewReaderSize(newJoined(s.Reader), readBuffer), false
	}
	switch head := s.head(4); {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}) && !bytes.Equal(head, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		s.was("UTF-16")
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
		s.Reader = bufio.NewReaderSize(utf16.NewDecoder().Reader(s.Reader), readBuffer)
	}
	if s.beginsArray() {
		s.was("a JSON array")
		if head, _ := s.Peek(len(byteOrderMark)); bytes.Equal(head, byteOrderMark) {
			s.Discard(len(byteOrderMark))
		}
		s.Reader = bufio.NewReaderSize(&arrayReader{src: s.Reader}, readBuffer)
	}
}

// maxLead bounds the white space before an array's first member, in bytes.
const maxLead = 4096

// beginsArray reports whether the text is a JSON array of objects: a bracket,
// a brace, and a quote or a closing brace, white space between them.
func (s *Stream) beginsArray() bool {
	for n := 1; n <= maxLead; n = max(n+1, min(s.Buffered(), maxLead)) {
		head, err := s.Peek(n)
		if yes, sure := arrayHead(head); sure || err != nil {
			return yes
		}
	}
	return false
}

const jsonSpace = " \t\r\n"

// arrayHead reports whether a text that begins with head is an array of
// objects, and whether head is enough to say so.
func arrayHead(head []byte) (yes, sure bool) {
	if len(head) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, head) {
		return false, false
	}
	head = bytes.TrimPrefix(head, byteOrderMark)
	for _, want := range [...]string{"[", "{", `"}`} {
		head = bytes.TrimLeft(head, jsonSpace)
		if len(head) == 0 {
			return false, false
		}
		if !strings.Contains(want, string(head[:1])) {
			return false, true
		}
		head = head[1:]
	}
	return true, true
}

// errOpenArray is a JSON array that ends before its closing bracket.
var errOpenArray = errors.New("truncated: the JSON array has no end")

// An arrayReader makes lines of the elements of a JSON array, or of several
// one behind the other: line breaks within an element go, the commas between
// elements become line breaks. It checks nothing else; whoever reads the
// elements does. Text behind an array passes as it is.
type arrayReader struct {
	src *bufio.Reader
	out []byte
	err error

	depth   int  // of brackets; 0 = behind an array, 1 = between elements
	plain   bool // within a line of text behind an array
	quoted  bool // within a string
	escaped bool // behind a backslash of one
	element bool // some of an element was written
}

func (a *arrayReader) Read(p []byte) (int, error) {
	for len(a.out) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		a.fill()
	}
	n := copy(p, a.out)
	a.out = a.out[n:]
	return n, nil
}

// fill turns what is buffered, or what the next read gives, into output.
func (a *arrayReader) fill() {
	if _, a.err = a.src.Peek(1); a.err != nil {
		if a.err == io.EOF && a.depth > 0 {
			a.err = errOpenArray
		}
		return
	}
	in, _ := a.src.Peek(a.src.Buffered())
	a.out = a.out[:0]
	for _, c := range in {
		switch {
		case a.quoted:
			a.inString(c)
		case a.depth == 0:
			a.between(c)
		default:
			a.inArray(c)
		}
	}
	a.src.Discard(len(in))
}

// between takes a character behind an array, or before the first.
func (a *arrayReader) between(c byte) {
	switch {
	case !a.plain && c == '[':
		a.depth = 1
	case !a.plain && strings.IndexByte(jsonSpace, c) >= 0:
	default:
		a.plain = c != '\n'
		a.out = append(a.out, c)
	}
}

func (a *arrayReader) inArray(c byte) {
	switch c {
	case '[', '{':
		a.depth++
	case ']', '}':
		if a.depth--; a.depth == 0 {
			a.end()
			return
		}
	case '"':
		a.quoted = true
	case ',':
		if a.depth == 1 {
			a.end()
			return
		}
	case ' ', '\t', '\r', '\n':
		if c = ' '; !a.element {
			return
		}
	}
	a.out, a.element = append(a.out, c), true
}

// inString takes a character of a string. A line break cannot be one: what
// holds it is no array, and the rest of the text passes as it is.
func (a *arrayReader) inString(c byte) {
	switch {
	case c == '\n':
		a.quoted, a.escaped, a.element, a.depth = false, false, false, 0
	case a.escaped:
		a.escaped = false
	case c == '\\':
		a.escaped = true
	case c == '"':
		a.quoted = false
	}
	a.out = append(a.out, c)
}

// end ends an element.
func (a *arrayReader) end() {
	if a.element {
		a.out = append(a.out, '\n')
	}
	a.element = false
}
