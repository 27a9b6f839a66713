package event

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A ValueKind is the JSON type of a payload value.
type ValueKind uint8

// The kinds of value. Absent is also what null decodes to.
const (
	Absent ValueKind = iota
	String
	Number
	Bool
	List
	Object
)

// A Value is one payload value. Types are strict: a Bool is no Number, and 3
// and 3.0 are the same Number.
type Value struct {
	Kind ValueKind
	Str  string   // String
	Num  float64  // Number, finite; Bool: 1 or 0
	List []Value  // List: the elements; Object: the members' values
	Keys []string // Object: the members' names, beside List
}

// StringValue returns s as a Value.
func StringValue(s string) Value { return Value{Kind: String, Str: s} }

// NumberValue returns n, which must be finite, as a Value.
func NumberValue(n float64) Value { return Value{Kind: Number, Num: n} }

// BoolValue returns b as a Value.
func BoolValue(b bool) Value {
	v := Value{Kind: Bool}
	if b {
		v.Num = 1
	}
	return v
}

// StringsValue returns ss as a List of Strings.
func StringsValue(ss []string) Value {
	v := Value{Kind: List, List: make([]Value, len(ss))}
	for i, s := range ss {
		v.List[i] = StringValue(s)
	}
	return v
}

// True reports whether v is the boolean true.
func (v *Value) True() bool { return v.Kind == Bool && v.Num == 1 }

// Member returns the object's member named name, which is Absent when v is
// no object or has no such member.
func (v *Value) Member(name string) Value {
	if v.Kind == Object {
		if i := slices.Index(v.Keys, name); i >= 0 {
			return v.List[i]
		}
	}
	return Value{}
}

// detached returns v with memory of its own.
func (v *Value) detached() Value {
	c := Value{Kind: v.Kind, Str: strings.Clone(v.Str), Num: v.Num, List: slices.Clone(v.List), Keys: slices.Clone(v.Keys)}
	for i := range c.List {
		c.List[i] = c.List[i].detached()
	}
	for i := range c.Keys {
		c.Keys[i] = strings.Clone(c.Keys[i])
	}
	return c
}

// AppendJSON appends v as JSON, object members sorted by name. All strings
// of v together spend at most *budget bytes: the one that overdraws it is cut
// at a rune boundary, list elements and members behind it are left out.
func (v *Value) AppendJSON(dst []byte, budget *int) []byte {
	switch v.Kind {
	case String:
		s := CutText(v.Str, *budget)
		*budget -= len(s)
		dst = AppendQuoted(dst, s)
	case Number:
		*budget -= 8
		dst = appendNumber(dst, v.Num)
	case Bool:
		*budget -= 4
		dst = strconv.AppendBool(dst, v.Num == 1)
	case List:
		dst = append(dst, '[')
		for i := range v.List {
			if *budget <= 0 {
				break
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = v.List[i].AppendJSON(dst, budget)
		}
		dst = append(dst, ']')
	case Object:
		dst = v.appendMembers(dst, budget)
	default:
		*budget -= 4
		dst = append(dst, "null"...)
	}
	return dst
}

func (v *Value) appendMembers(dst []byte, budget *int) []byte {
	order := make([]int, len(v.Keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v.Keys[a], v.Keys[b]) })
	dst = append(dst, '{')
	for n, i := range order {
		if *budget <= 0 {
			break
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		key := CutText(v.Keys[i], *budget)
		*budget -= len(key)
		dst = AppendQuoted(dst, key)
		dst = append(dst, ':')
		dst = v.List[i].AppendJSON(dst, budget)
	}
	return append(dst, '}')
}

// appendNumber appends n in the shortest form that reads back as n, whole
// numbers without exponent up to 2^53.
func appendNumber(dst []byte, n float64) []byte {
	if n == float64(int64(n)) && n < 1<<53 && n > -1<<53 {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	return strconv.AppendFloat(dst, n, 'g', -1, 64)
}

// CutText returns the longest prefix of s of at most n bytes that does not
// end inside a rune.
func CutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
