package lines

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/event"
)

// An oracleJSON is a [JSON] that does everything by jsontext, but for the bounds.
type oracleJSON struct {
	dec  jsontext.Decoder
	buf  bytes.Buffer
	text string // the bytes that dec reads
	opts []json.Options
}

// newStrictOracle returns a reader that refuses duplicate names, at any depth.
func newStrictOracle() *oracleJSON {
	return &oracleJSON{opts: []json.Options{jsontext.AllowInvalidUTF8(true)}}
}

// newTolerantOracle returns a reader for which the last of several members of
// one name counts.
func newTolerantOracle() *oracleJSON {
	return &oracleJSON{opts: []json.Options{json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))}}
}

// Reset begins with l, which must not change meanwhile; text is the same as a
// string.
func (j *oracleJSON) Reset(l []byte, text string) {
	j.buf = *bytes.NewBuffer(l)
	j.dec.Reset(&j.buf, j.opts...)
	j.text = text
}

// Peek returns the first byte of the next name or value, '0' for any number,
// a closing bracket, or 0 at the end. It only looks: whether that is where
// such a thing may stand, the read that follows says.
func (j *oracleJSON) Peek() byte {
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

// Object reads the whole text as one object, calling member for each member
// with its name; member reads the value.
func (j *oracleJSON) Object(member func(name string) error) error {
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
func (j *oracleJSON) Members(member func(name string) error) error {
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
func (j *oracleJSON) Str() (string, error) {
	raw, err := j.dec.ReadValue()
	if err != nil {
		return "", err
	}
	s, _ := jsontext.AppendUnquote(nil, raw) // the one error left is invalid UTF-8, replaced by then
	return string(s), nil
}

// Skip reads over the value that comes next.
func (j *oracleJSON) Skip() error {
	_, err := j.dec.ReadValue()
	return err
}

// Text reads the value that comes next into s if it is a string, and
// over it otherwise.
func (j *oracleJSON) Text(s *string) (err error) {
	if j.Peek() != '"' {
		return j.Skip()
	}
	*s, err = j.Str()
	return err
}

// TextOrNull reads the string that comes next into s, or null, which leaves it.
// Anything else is an error, which calls it name.
func (j *oracleJSON) TextOrNull(s *string, name string) (err error) {
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
func (j *oracleJSON) OptText(s *event.OptString) error {
	s.Valid, s.Value = j.Peek() == '"', ""
	return j.Text(&s.Value)
}

// Number reads the value that comes next into v if it is a number, or a
// string that reads as one, and over it otherwise.
func (j *oracleJSON) Number(v *event.Value) error {
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
func (j *oracleJSON) Raw() (string, error) {
	begin, end, err := j.Span()
	return j.text[begin:end], err
}

// Span reads over the value that comes next and returns where it stands.
func (j *oracleJSON) Span() (begin, end int, err error) {
	raw, err := j.dec.ReadValue()
	end = int(j.dec.InputOffset())
	return end - len(raw), end, err
}

// Value reads the value that comes next. A number too large for a float64
// comes out Absent, as null does.
func (j *oracleJSON) Value(v *event.Value) (err error) {
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

func (j *oracleJSON) num(v *event.Value) error {
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

func (j *oracleJSON) list(v *event.Value) error {
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
