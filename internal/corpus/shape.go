package corpus

import (
	"net/netip"
	"strings"

	"ttpctl/internal/event"
)

// maxShape bounds the text that a shape is made of, in bytes: two texts that
// differ only behind it have one shape.
const maxShape = 4 << 10

// Shape returns text with what differs from one run of a tool to the next
// replaced, so that lines of one script fall together:
//
//	scheme://rest   <url>      whole URLs
//	192.0.2.1       <ip>       IPv4 and IPv6 addresses, with port or prefix
//	\x41\x42        <bytes>    runs of escaped bytes
//	0x1f, 3f2a9c…   <hex>      hexadecimal of 8 digits and more, with a digit and a letter
//	QWxhZGRpbg==    <b64>      base64 of 16 characters and more
//	x7Gh2kQ9        <rnd>      names that look drawn by lot
//	1234            <n>        numbers, of three digits within a name
//	"root:secret"   "<secret>" a quoted text that is piped into passwd or chpasswd
//	runs of blanks  one blank
//
// Everything else stays, case included: quoting and options are what tells
// tools apart. It takes linear time; of texts over 4 KiB it reads the first.
func Shape(text string) string {
	text = event.CutText(text, maxShape)
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		n := wordLen(text[i:])
		switch {
		case n > 0:
			shapeWord(&b, text[i:i+n])
			i += n
		case isBlank(text[i]):
			for i < len(text) && isBlank(text[i]) {
				i++
			}
			if b.Len() > 0 && i < len(text) {
				b.WriteByte(' ')
			}
		default:
			i += shapeMark(&b, text[i:])
		}
	}
	return b.String()
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// shapeMark writes the character that s begins with, a run of escaped bytes or
// a password, and returns how much of s that was.
func shapeMark(b *strings.Builder, s string) int {
	n := fedPassword(s)
	if n > 0 {
		b.WriteString(s[:1] + "<secret>" + s[:1])
		return n
	}
	for k := escapedByte(s[n:]); k > 0; k = escapedByte(s[n:]) {
		n += k
	}
	if n > 0 {
		b.WriteString("<bytes>")
		return n
	}
	b.WriteByte(s[0])
	return 1
}

// escapedByte returns the length of the \xHH or \NNN that s begins with.
func escapedByte(s string) int {
	if len(s) < 4 || s[0] != '\\' {
		return 0
	}
	if s[1] == 'x' && isHex(s[2]) && isHex(s[3]) {
		return 4
	}
	if isOctal(s[1]) && isOctal(s[2]) && isOctal(s[3]) {
		return 4
	}
	return 0
}

// wordLen returns how many bytes of s belong to one word: what may be part of
// a URL, an address, a path or a base64 text.
func wordLen(s string) int {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && !strings.ContainsRune("._-/:+=@%?~[]#", rune(c)) {
			return i
		}
	}
	return len(s)
}

func shapeWord(b *strings.Builder, w string) {
	if i := strings.Index(w, "://"); i > 0 {
		// What stands before the scheme may be an option: url=http://...
		start := strings.LastIndexAny(w[:i], "=@?[") + 1
		shapeWord(b, w[:start])
		b.WriteString("<url>")
		return
	}
	if isAddress(w) {
		b.WriteString("<ip>")
		return
	}
	if looksBase64(w) {
		b.WriteString("<b64>")
		return
	}
	for len(w) > 0 {
		n := 0
		for n < len(w) && (isAlnum(w[n]) || w[n] == '.' && n > 0 && n+1 < len(w) && isDigit(w[n-1]) && isDigit(w[n+1])) {
			n++
		}
		if n == 0 {
			b.WriteByte(w[0])
			w = w[1:]
			continue
		}
		shapePart(b, w[:n])
		w = w[n:]
	}
}

// isAddress reports whether w is an address, perhaps with port, prefix length
// or brackets.
func isAddress(w string) bool {
	if len(w) < 2 || len(w) > 64 {
		return false
	}
	if _, err := netip.ParseAddr(strings.Trim(w, "[]")); err == nil {
		return true
	}
	if _, err := netip.ParseAddrPort(w); err == nil {
		return true
	}
	_, err := netip.ParsePrefix(w)
	return err == nil
}

// shapePart writes a run of letters and digits.
func shapePart(b *strings.Builder, p string) {
	switch letters, digits := census(p); {
	case isAddress(p):
		b.WriteString("<ip>")
	case digits > 0 && letters == 0:
		b.WriteString("<n>")
	case len(p) > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && allHex(p[2:]),
		len(p) >= 8 && digits > 0 && allHex(p):
		b.WriteString("<hex>")
	case looksDrawn(p, letters, digits):
		b.WriteString("<rnd>")
	case digits > 0:
		shapeDigits(b, p)
	default:
		b.WriteString(p)
	}
}

// shapeDigits writes a name with each run of three digits and more as <n>.
// Shorter ones belong to it: eth0, base64, python3.
func shapeDigits(b *strings.Builder, p string) {
	for i := 0; i < len(p); {
		n := 0
		for i+n < len(p) && isDigit(p[i+n]) {
			n++
		}
		switch {
		case n >= 3:
			b.WriteString("<n>")
		default:
			n = max(n, 1)
			b.WriteString(p[i : i+n])
		}
		i += n
	}
}

func census(p string) (letters, digits int) {
	for i := range len(p) {
		switch {
		case isDigit(p[i]):
			digits++
		case isAlnum(p[i]):
			letters++
		}
	}
	return letters, digits
}

// Bounds of names that look drawn by lot.
const (
	minDrawn   = 6
	minRun     = 6  // consonants in a row that no word has
	minBase64  = 16 // characters
	caseFlips  = 3
	digitFlips = 2
)

// looksDrawn reports whether a name mixes digits or cases, or lacks vowels, as
// names that people choose do not.
func looksDrawn(p string, letters, digits int) bool {
	if len(p) < minDrawn || letters == 0 {
		return false
	}
	toDigit, toUpper, run, longest := 0, 0, 0, 0
	for i := range len(p) {
		if i > 0 && isDigit(p[i]) != isDigit(p[i-1]) {
			toDigit++
		}
		if i > 0 && isUpper(p[i]) && isLower(p[i-1]) {
			toUpper++
		}
		run++
		if isDigit(p[i]) || strings.IndexByte("aeiouyAEIOUY", p[i]) >= 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	return toDigit > digitFlips || toUpper >= caseFlips && digits > 0 || longest >= minRun && !allUpper(p)
}

// looksBase64 reports whether w is base64 rather than a path or a word: long,
// of both cases and digits or padded.
func looksBase64(w string) bool {
	body := strings.TrimRight(w, "=")
	if len(body) < minBase64 || len(w)-len(body) > 2 {
		return false
	}
	upper, lower, digit, slashes := 0, 0, 0, 0
	for i := range len(body) {
		switch c := body[i]; {
		case isUpper(c):
			upper++
		case isLower(c):
			lower++
		case isDigit(c):
			digit++
		case c == '/':
			slashes++
		case c != '+' && c != '-' && c != '_':
			return false
		}
	}
	return upper > 1 && lower > 1 && (digit > 0 || len(w) > len(body)) && slashes*8 < len(body)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isOctal(c byte) bool { return c >= '0' && c <= '7' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isAlnum(c byte) bool { return isDigit(c) || isUpper(c) || isLower(c) }

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}

func allUpper(s string) bool { return strings.ToUpper(s) == s }

// eventShape is the shape of an event: of its default field where it has one,
// and of every other text of its payload.
func eventShape(ev *event.Event) string {
	var b strings.Builder
	b.WriteString(ev.Kind.String())
	for _, id := range event.FieldsOf(ev.Kind) {
		v, f := ev.Value(id), id.Field()
		if v == nil || f.Derived || b.Len() > maxShape {
			continue
		}
		b.WriteByte('\x1f')
		if f.Name != ev.Kind.DefaultField() {
			b.WriteString(f.Name)
			b.WriteByte('=')
		}
		shapeValue(&b, v)
	}
	return b.String()
}

func shapeValue(b *strings.Builder, v *event.Value) {
	switch v.Kind {
	case event.String:
		b.WriteString(Shape(v.Str))
	case event.Number:
		b.WriteString("<n>")
	default:
		b.WriteString(Shape(string(appendValue(nil, v))))
	}
}

// shownShape returns a shape as results show it.
func shownShape(ev *event.Event) string {
	if id, ok := event.LookupField(ev.Kind, ev.Kind.DefaultField()); ok {
		if s, ok := ev.Text(id); ok && s != "" {
			return event.CutText(Shape(s), maxText)
		}
	}
	return event.CutText(strings.ReplaceAll(eventShape(ev), "\x1f", " "), maxText)
}
