package lines

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/event"
)

// Bounds of one line. A value takes some 80 bytes once decoded, as little as
// 2 bytes in the line: without maxValues a line of 16 MiB could take 640 MB.
const (
	maxDepth  = 64
	maxValues = 1 << 16
)

// keepScratch is the capacity in bytes up to which a reader keeps its buffer
// for strings with escapes.
const keepScratch = 512 << 10

// CheckShape returns why a line is beyond the bounds, or "". It only counts;
// whether the line is JSON is the decoder's to say.
func CheckShape(l []byte) string {
	if len(l) <= 2*maxValues && bytes.Count(l, []byte("["))+bytes.Count(l, []byte("{")) <= maxDepth {
		return ""
	}
	depth, commas := 0, 0
	for i := 0; i < len(l); i++ {
		switch l[i] {
		case '"':
			i = stringEnd(l, i)
		case '[', '{':
			if depth++; depth > maxDepth {
				return "nested deeper than " + strconv.Itoa(maxDepth) + " levels"
			}
		case ']', '}':
			depth--
		case ',':
			if commas++; commas >= maxValues {
				return "more than " + strconv.Itoa(maxValues) + " values"
			}
		}
	}
	return ""
}

// stringEnd returns the index of the quote that ends the string beginning at
// l[i], or len(l).
func stringEnd(l []byte, i int) int {
	for i++; i < len(l); i++ {
		switch l[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(l)
}

// A JSON walks the JSON object of one line. It belongs to one goroutine.
//
// Strings come out as pieces of the text wherever they can: only escapes and
// invalid UTF-8 need a string of their own. Invalid UTF-8 and lone surrogates
// become U+FFFD: one bad byte must not cost a line its tags.
type JSON struct {
	dec     jsontext.Decoder
	buf     bytes.Buffer
	text    string // the bytes that dec reads
	plain   bool   // text holds no escapes and no invalid UTF-8
	opts    []json.Options
	scratch []byte
}

// NewStrictJSON returns a reader that refuses duplicate names, at any depth.
func NewStrictJSON() *JSON {
	return &JSON{opts: []json.Options{jsontext.AllowInvalidUTF8(true)}}
}

// NewTolerantJSON returns a reader for which the last of several members of
// one name counts.
func NewTolerantJSON() *JSON {
	return &JSON{opts: []json.Options{json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))}}
}

// Reset begins with l, which must not change meanwhile; text is the same as a
// string.
func (j *JSON) Reset(l []byte, text string) {
	j.buf = *bytes.NewBuffer(l)
	j.dec.Reset(&j.buf, j.opts...)
	j.text, j.plain = text, bytes.IndexByte(l, '\\') < 0 && utf8.Valid(l)
}

// Peek returns the first byte of the next name or value, '0' for any number,
// a closing bracket, or 0 at the end. It only looks: whether that is where
// such a thing may stand, the read that follows says.
func (j *JSON) Peek() byte {
	for i := int(j.dec.InputOffset()); i < len(j.text); i++ {
		switch c := j.text[i]; c {
		case ' ', '\t', '\r', '\n', ':', ',':
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return '0'
		default:
			return c
		}
	}
	return 0
}

// errNoObject and errTrailing are reasons of their own beside jsontext's.
var (
	errNoObject = errors.New("not a JSON object")
	errTrailing = errors.New("data after the JSON object")
)

// Object reads the whole text as one object, calling member for each member
// with its name; member reads the value.
func (j *JSON) Object(member func(name string) error) error {
	if j.Peek() != '{' {
		return errNoObject
	}
	if err := j.Members(member); err != nil {
		return err
	}
	if _, err := j.dec.ReadToken(); err != io.EOF {
		return errTrailing
	}
	return nil
}

// Members reads the object that comes next.
func (j *JSON) Members(member func(name string) error) error {
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	for j.Peek() == '"' {
		name, err := j.Str()
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := j.dec.ReadToken()
	return err
}

// Str reads the string that comes next.
func (j *JSON) Str() (string, error) {
	raw, err := j.dec.ReadValue()
	if err != nil {
		return "", err
	}
	end := int(j.dec.InputOffset())
	s := j.text[end-len(raw)+1 : end-1]
	if j.plain || strings.IndexByte(s, '\\') < 0 && utf8.ValidString(s) {
		return s, nil
	}
	// The one error left is invalid UTF-8, which has been replaced by then.
	j.scratch, _ = jsontext.AppendUnquote(slices.Grow(j.scratch[:0], len(raw)), raw)
	s = string(j.scratch)
	if cap(j.scratch) > keepScratch {
		j.scratch = nil
	}
	return s, nil
}

// Skip reads over the value that comes next.
func (j *JSON) Skip() error {
	_, err := j.dec.ReadValue()
	return err
}

// Text reads the value that comes next into s if it is a string, and
// over it otherwise.
func (j *JSON) Text(s *string) (err error) {
	if j.Peek() != '"' {
		return j.Skip()
	}
	*s, err = j.Str()
	return err
}

// TextOrNull reads the string that comes next into s, or null, which leaves it.
// Anything else is an error, which calls it name.
func (j *JSON) TextOrNull(s *string, name string) (err error) {
	switch j.Peek() {
	case '"':
		*s, err = j.Str()
		return err
	case 'n', 0:
		return j.Skip()
	}
	return errors.New(name + " is not a string")
}

// OptText is Text that also says whether there is a string.
func (j *JSON) OptText(s *event.OptString) error {
	s.Valid, s.Value = j.Peek() == '"', ""
	return j.Text(&s.Value)
}

// Number reads the value that comes next into v if it is a number, or a
// string that reads as one, and over it otherwise.
func (j *JSON) Number(v *event.Value) error {
	*v = event.Value{}
	switch j.Peek() {
	case '0':
		return j.num(v)
	case '"':
		text, err := j.Str()
		if n, bad := strconv.ParseFloat(text, 64); bad == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			*v = event.NumberValue(n)
		}
		return err
	}
	return j.Skip()
}

// Raw reads over the value that comes next and returns its text.
func (j *JSON) Raw() (string, error) {
	begin, end, err := j.Span()
	return j.text[begin:end], err
}

// Span reads over the value that comes next and returns where it stands.
func (j *JSON) Span() (begin, end int, err error) {
	raw, err := j.dec.ReadValue()
	end = int(j.dec.InputOffset())
	return end - len(raw), end, err
}

// Value reads the value that comes next. A number too large for a float64
// comes out Absent, as null does.
func (j *JSON) Value(v *event.Value) (err error) {
	switch j.Peek() {
	case '"':
		v.Kind = event.String
		v.Str, err = j.Str()
		return err
	case '0':
		return j.num(v)
	case 't', 'f':
		tok, err := j.dec.ReadToken()
		*v = event.BoolValue(tok.Kind() == 't')
		return err
	case '[':
		return j.list(v)
	case '{':
		v.Kind = event.Object
		return j.Members(func(name string) error {
			v.Keys = append(v.Keys, name)
			v.List = append(v.List, event.Value{})
			return j.Value(&v.List[len(v.List)-1])
		})
	}
	return j.Skip() // null, or an error
}

func (j *JSON) num(v *event.Value) error {
	raw, err := j.dec.ReadValue()
	if err != nil {
		return err
	}
	end := int(j.dec.InputOffset())
	if n, err := strconv.ParseFloat(j.text[end-len(raw):end], 64); err == nil {
		*v = event.NumberValue(n)
	}
	return nil
}

func (j *JSON) list(v *event.Value) error {
	v.Kind = event.List
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	for {
		switch j.Peek() {
		case ']', 0:
			_, err := j.dec.ReadToken()
			return err
		}
		v.List = append(v.List, event.Value{})
		if err := j.Value(&v.List[len(v.List)-1]); err != nil {
			return err
		}
	}
}

// Reason says in a few words why l is no event. It quotes nothing of the line
// but the character at fault.
func Reason(err error, l []byte) string {
	if bytes.IndexByte(l, 0) >= 0 {
		return "not text: it holds NUL bytes"
	}
	se, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return err.Error()
	case errors.Is(se.Err, jsontext.ErrDuplicateName):
		return "duplicate key at byte " + strconv.FormatInt(se.ByteOffset+1, 10)
	case errors.Is(se.Err, io.ErrUnexpectedEOF):
		return "invalid JSON: it ends too early"
	}
	return "invalid JSON at byte " + strconv.FormatInt(se.ByteOffset+1, 10) + ": " + se.Err.Error()
}
