package lines

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of one line. A value takes some 80 bytes once decoded, as little as
// 2 bytes in the line: without maxValues a line of 16 MiB could take 640 MB.
const (
	maxDepth  = 64
	maxValues = 1 << 16
)

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

// Reasons of their own beside jsontext's.
var (
	errNoObject = errors.New("not a JSON object")
	errTrailing = errors.New("data after the JSON object")
	errNoJSON   = errors.New("invalid JSON")
)

// syntax returns why the line is no JSON. It reads the line again as it was read
// before, values that were read over as one, by jsontext.
func (j *JSON) syntax() error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(j.all), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(j.names.repeat))
	for {
		at := int(dec.InputOffset())
		for at < len(j.all) && strings.IndexByte(jsonSpace+":,", j.all[at]) >= 0 {
			at++
		}
		var err error
		if at == j.over {
			_, err = dec.ReadValue()
		} else {
			_, err = dec.ReadToken()
		}
		switch {
		case err == io.EOF:
			return errNoJSON
		case err != nil:
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
