package corpus

import (
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/event"
)

// appendPayload appends the payload of ev as a JSON object, its members in the
// order of the field table.
func appendPayload(dst []byte, ev *event.Event) []byte {
	dst = append(dst, '{')
	first := true
	for _, id := range event.FieldsOf(ev.Kind) {
		v := ev.Value(id)
		if f := id.Field(); v == nil || f.Derived {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendQuoted(dst, id.Field().Name)
		dst = append(dst, ':')
		dst = appendValue(dst, v)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, v *event.Value) []byte {
	switch v.Kind {
	case event.String:
		return appendQuoted(dst, v.Str)
	case event.Number:
		return strconv.AppendFloat(dst, v.Num, 'f', -1, 64)
	case event.Bool:
		return strconv.AppendBool(dst, v.Num == 1)
	case event.List:
		dst = append(dst, '[')
		for i := range v.List {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, &v.List[i])
		}
		return append(dst, ']')
	case event.Object:
		dst = append(dst, '{')
		for i := range v.List {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, v.Keys[i])
			dst = append(dst, ':')
			dst = appendValue(dst, &v.List[i])
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// appendQuoted appends s as a JSON string; invalid UTF-8 becomes U+FFFD.
func appendQuoted(dst []byte, s string) []byte {
	// The only error is invalid UTF-8, which has been replaced by then.
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, s)
	}
	return append(dst, ']')
}

// cut returns the longest prefix of s of at most n bytes that does not end
// inside a rune.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
