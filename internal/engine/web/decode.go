package web

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// A decoding is what the place of an input makes of it first.
type decoding uint8

const (
	percent decoding = iota // percent encoding: paths, cookies, headers
	plus                    // the same, and + for a blank: queries and forms
	inJSON                  // escapes of a JSON string
	inXML                   // entities
	plain                   // nothing: parts of a multipart body
)

// Marks are what a text holds that some decoder reads.
type marks uint8

const (
	hasPercent marks = 1 << iota
	hasPlus
	hasAmpersand
	hasBackslash
	hasOverlong // a byte that begins UTF-8 that is longer than it need be
	notBase64
)

// markOf are the marks of each byte.
var markOf = func() (t [256]marks) {
	for c := range 256 {
		if !isAlnum(byte(c)) && strings.IndexByte("+/-_=", byte(c)) < 0 {
			t[c] = notBase64
		}
	}
	for _, c := range []byte{0xc0, 0xc1, 0xe0, 0xf0} {
		t[c] |= hasOverlong
	}
	t['%'] |= hasPercent
	t['+'] |= hasPlus
	t['&'] |= hasAmpersand
	t['\\'] |= hasBackslash
	return t
}()

func marksOf(s string) (m marks) {
	for i := range len(s) {
		m |= markOf[s[i]]
	}
	return m
}

// decode appends what each layer makes of the form that was just appended: what
// the place asks for, the second decoding of an application that decodes again,
// then what HTML, JavaScript and base64 would be read as.
func (p *Parser) decode(sent string, as decoding) {
	cur, m := sent, marksOf(sent)
	if m == notBase64 || m == 0 && len(sent) < minBase64 {
		return
	}
	next := func(text string) {
		if text != cur {
			p.view.forms = append(p.view.forms, text)
			cur, m = text, marksOf(text)
		}
	}
	switch {
	case as == inJSON && m&hasBackslash != 0:
		next(p.unescape(cur))
	case as == inXML && m&hasAmpersand != 0:
		next(unentity(cur))
	}
	if m&(hasPercent|hasOverlong) != 0 || as == plus && m&hasPlus != 0 {
		next(p.unpercent(cur, as == plus))
	}
	if m&(hasPercent|hasOverlong) != 0 {
		next(p.unpercent(cur, false))
	}
	if m&hasAmpersand != 0 {
		next(unentity(cur))
	}
	if m&hasBackslash != 0 && as != inJSON {
		next(p.unescape(cur))
	}
	if m&notBase64 == 0 {
		next(p.unbase64(cur))
	}
}

// keep returns what decoders appended to the arena since start as a text that is
// valid until the next Parse: a request without an attack costs no allocation.
func (p *Parser) keep(start int) string {
	b := p.arena[start:]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// unpercent decodes %HH and %uHHHH, + too when blanks are written so, and
// UTF-8 that is longer than it need be.
func (p *Parser) unpercent(s string, blanks bool) string {
	start := len(p.arena)
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '+' && blanks:
			p.arena = append(p.arena, ' ')
			i++
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			p.arena = append(p.arena, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 3
		case c == '%' && i+5 < len(s) && (s[i+1] == 'u' || s[i+1] == 'U') && allHex(s[i+2:i+6]):
			p.arena = utf8.AppendRune(p.arena, narrow(rune4(s[i+2:i+6])))
			i += 6
		default:
			p.arena = append(p.arena, c)
			i++
		}
	}
	p.arena = p.arena[:start+len(foldOverlong(p.arena[start:]))]
	return p.keep(start)
}

// unescape decodes \uHHHH, \xHH, \/, \" and the escapes of white space.
func (p *Parser) unescape(s string) string {
	start := len(p.arena)
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			p.arena = append(p.arena, s[i])
			i++
			continue
		}
		switch c := s[i+1]; {
		case c == 'u' && i+5 < len(s) && allHex(s[i+2:i+6]):
			p.arena = utf8.AppendRune(p.arena, rune4(s[i+2:i+6]))
			i += 6
			continue
		case c == 'x' && i+3 < len(s) && isHex(s[i+2]) && isHex(s[i+3]):
			p.arena = append(p.arena, unhex(s[i+2])<<4|unhex(s[i+3]))
			i += 4
			continue
		case strings.IndexByte(`\/"'`, c) >= 0:
			p.arena = append(p.arena, c)
		case c == 'n' || c == 'r':
			p.arena = append(p.arena, '\n')
		case c == 't':
			p.arena = append(p.arena, '\t')
		default:
			p.arena = append(p.arena, '\\', c)
		}
		i += 2
	}
	return p.keep(start)
}

// minBase64 is the shortest text that is tried as base64, in bytes: shorter
// words decode by accident.
const minBase64 = 10

// unbase64 decodes s, or returns it when it is no base64 of readable text.
func (p *Parser) unbase64(s string) string {
	body := strings.TrimRight(s, "=")
	if len(body) < minBase64 || len(s)-len(body) > 2 || len(body)%4 == 1 {
		return s
	}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(body, "-_") {
		enc = base64.RawURLEncoding
	}
	// The arena first takes the text, then behind it what that stands for.
	from := len(p.arena)
	p.arena = append(p.arena, body...)
	start := len(p.arena)
	decoded, err := enc.AppendDecode(p.arena, p.arena[from:start])
	if err != nil || !readable(decoded[start:]) {
		p.arena = p.arena[:from]
		return s
	}
	p.arena = decoded
	return p.keep(start)
}

// readable reports whether b is text that somebody wrote.
func readable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c >= 0x7f {
			return false
		}
	}
	return true
}

// foldOverlong writes ASCII for UTF-8 sequences that are longer than they need
// be (%c0%af is a slash for a lenient decoder), in place.
func foldOverlong(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); {
		if c, n := overlong(b[i:]); n > 0 {
			out = append(out, c)
			i += n
			continue
		}
		out = append(out, b[i])
		i++
	}
	return out
}

// overlong returns the ASCII character that b begins with in two, three or four
// bytes; n is 0 when it begins with none.
func overlong(b []byte) (c byte, n int) {
	switch {
	case len(b) > 1 && b[0]&0xfe == 0xc0:
		return b[0]<<6 | b[1]&0x3f, 2 // lenient about the second byte, as such decoders are
	case len(b) > 2 && b[0] == 0xe0 && b[1]&0xfe == 0x80 && b[2]&0xc0 == 0x80:
		return b[1]<<6 | b[2]&0x3f, 3
	case len(b) > 3 && b[0] == 0xf0 && b[1] == 0x80 && b[2]&0xfe == 0x80 && b[3]&0xc0 == 0x80:
		return b[2]<<6 | b[3]&0x3f, 4
	}
	return 0, 0
}

// narrow returns the ASCII character that a full-width one stands for: servers
// that decode %uHHHH fold them.
func narrow(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e {
		return r - 0xff01 + '!'
	}
	return r
}

func rune4(s string) rune {
	return rune(unhex(s[0]))<<12 | rune(unhex(s[1]))<<8 | rune(unhex(s[2]))<<4 | rune(unhex(s[3]))
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
