package sqldb

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// mark begins an escape: the mark and two hexadecimal digits stand for a byte. It
// is of Unicode's private use area, and escaped itself.
const mark = "\uE000"

// Escape returns s as text can hold it: each zero byte, each byte that is no
// UTF-8 and each mark as an escape. Different strings stay different, and most
// are returned as they are.
func Escape(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 && !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == 0 || r == utf8.RuneError && size == 1 || s[i:i+size] == mark {
			for _, c := range []byte(s[i : i+size]) {
				b.WriteString(mark + hex.EncodeToString([]byte{c}))
			}
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// Unescape takes back what Escape did.
func Unescape(s string) string {
	at := strings.Index(s, mark)
	if at < 0 {
		return s
	}
	var b strings.Builder
	for ; at >= 0; at = strings.Index(s, mark) {
		b.WriteString(s[:at])
		s = s[at+len(mark):]
		if len(s) >= 2 {
			if c, err := hex.DecodeString(s[:2]); err == nil {
				b.Write(c)
				s = s[2:]
				continue
			}
		}
		b.WriteString(mark) // of somebody else's making
	}
	b.WriteString(s)
	return b.String()
}

// escapeAll returns args with their strings escaped.
func escapeAll(args []any) []any {
	escaped := args
	for i, a := range args {
		s, ok := a.(string)
		if !ok {
			continue
		}
		if e := Escape(s); e != s {
			if &escaped[0] == &args[0] {
				escaped = append([]any(nil), args...)
			}
			escaped[i] = e
		}
	}
	return escaped
}
