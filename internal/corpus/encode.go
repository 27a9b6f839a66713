package corpus

import (
	"strconv"

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
		dst = event.AppendQuoted(dst, id.Field().Name)
		dst = append(dst, ':')
		dst = appendValue(dst, v)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, v *event.Value) []byte {
	switch v.Kind {
	case event.String:
		return event.AppendQuoted(dst, v.Str)
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
			dst = event.AppendQuoted(dst, v.Keys[i])
			dst = append(dst, ':')
			dst = appendValue(dst, &v.List[i])
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}
