package lines

import (
	"errors"
	"math"
	"strconv"

	"ttpctl/internal/event"
)

// Str reads the string that comes next.
func (j *JSON) Str() (string, error) {
	if j.pos >= len(j.line) || j.line[j.pos] != '"' {
		return "", j.Skip()
	}
	begin := j.pos + 1
	end, odd := scanString(j.line, begin)
	if end < 0 {
		return "", j.syntax()
	}
	j.pos = end + 1
	if odd != 0 {
		return j.unquote(begin-1, end+1, odd), nil
	}
	return j.text[begin:end], nil
}

// Skip reads over the value that comes next.
func (j *JSON) Skip() error {
	_, _, err := j.Span()
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
	begin = j.pos
	j.over = begin
	if end = j.skip(begin); end < 0 {
		return begin, begin, j.syntax()
	}
	j.pos = end
	return begin, end, nil
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
		begin, _, err := j.Span()
		*v = event.BoolValue(j.text[begin] == 't')
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
	begin, end, err := j.Span()
	if err != nil {
		return err
	}
	if n, ok := smallNumber(j.text[begin:end]); ok {
		*v = event.NumberValue(n)
		return nil
	}
	if n, err := strconv.ParseFloat(j.text[begin:end], 64); err == nil {
		*v = event.NumberValue(n)
	}
	return nil
}

// smallNumber returns the number that s is if it is a few digits, which float64
// holds exactly.
func smallNumber(s string) (n float64, ok bool) {
	if len(s) > len("999999999999999") {
		return 0, false
	}
	whole := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		whole = 10*whole + int(s[i]-'0')
	}
	return float64(whole), true
}

func (j *JSON) list(v *event.Value) error {
	v.Kind = event.List
	return j.List(func() error {
		v.List = append(v.List, event.Value{})
		return j.Value(&v.List[len(v.List)-1])
	})
}

// List reads the list that comes next, calling element for each element, which
// reads it.
func (j *JSON) List(element func() error) error {
	i, more := j.begin('[')
	for more {
		j.pos = i
		if err := element(); err != nil {
			return err
		}
		i, more = j.next(']')
	}
	if i < 0 {
		return j.syntax()
	}
	return nil
}
