package lifters

import (
	"strings"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func encodedPayload(b *binding) matchFunc {
	counted, body, mail := b.field("body_base64_bytes"), b.field("body_text"), b.emailEvidence()
	least := b.args.Number("min_bytes")
	return func(ev *event.Event, h *engine.Hit) bool {
		n, ok := counted.num(ev)
		if !ok || n < least {
			n = float64(longestBase64(body.text(ev), int(least)))
		}
		if n < least {
			return false
		}
		h.Extra("encoded_byte_count", event.NumberValue(n))
		return mail.show(ev, h)
	}
}

// minWrapped is the least length of a line of a wrapped run, in characters.
// Encoders wrap at 60 to 76; a column of single words is shorter.
const minWrapped = 32

// longestBase64 returns how many bytes the longest base64 run of text decodes
// to, 0 when no run reaches least. What mail encodes for good reason is left
// out: inline images, S/MIME and PGP armour. It takes one pass.
func longestBase64(text string, least int) int {
	if len(text) < least {
		return 0
	}
	s := base64Scan{text: text}
	for s.pos < len(text) {
		s.line()
	}
	s.end()
	if s.longest < least {
		return 0
	}
	return s.longest
}

// A base64Scan walks a text line by line. A run begins anywhere, goes on over
// line breaks as long as whole lines belong to it, and ends at the first
// other character.
type base64Scan struct {
	text    string
	pos     int
	longest int

	chars  int  // of the current run, without padding
	padded bool // the run has ended in =
	skip   bool // the run is an inline image's
	hex    bool // the run could be a hex dump: hex digits only
	digits bool // and has decimal ones

	image    bool // the MIME part is one whose base64 is left out
	unclosed bool // some armour has no end: look for none again
}

func (s *base64Scan) line() {
	line, next := s.text[s.pos:], len(s.text)
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line, next = line[:i], s.pos+i+1
	}
	trimmed := strings.Trim(line, " \t\r>")
	switch {
	case beginsArmour(trimmed):
		s.end()
		next = max(next, s.armourEnd(next))
	case strings.HasPrefix(trimmed, "--"):
		s.end()
		s.image = false
	case hasPrefixFold(trimmed, "content-type:"):
		s.end()
		s.image = leftOutType(trimmed)
	default:
		s.scan(trimmed)
	}
	s.pos = next
}

// armourEnd returns where the armour that began in the line before pos ends,
// 0 when it does not.
func (s *base64Scan) armourEnd(pos int) int {
	if s.unclosed {
		return 0
	}
	if i := strings.Index(s.text[pos:], "-----END "); i >= 0 {
		return pos + i
	}
	s.unclosed = true
	return 0
}

// beginsArmour reports the first line of PGP or S/MIME armour. Other PEM
// does not count: malware travels as certificates that certutil decodes.
func beginsArmour(line string) bool {
	what, ok := strings.CutPrefix(line, "-----BEGIN ")
	return ok && (strings.HasPrefix(what, "PGP ") || strings.HasPrefix(what, "PKCS7-") || strings.HasPrefix(what, "CMS-"))
}

// leftOutType reports a Content-Type whose body is base64 for good reason.
func leftOutType(header string) bool {
	value := strings.ToLower(header[len("content-type:"):])
	for _, t := range [...]string{"image/", "application/pkcs7", "application/x-pkcs7", "application/pgp"} {
		if strings.HasPrefix(strings.TrimLeft(value, " \t"), t) {
			return true
		}
	}
	return false
}

// scan reads one line, trimmed. A run that is open goes on with it.
func (s *base64Scan) scan(line string) {
	if s.padded {
		s.end()
	}
	start := 0 // of the run's characters in this line
	for i := range len(line) {
		switch c := line[i]; {
		case isBase64(c) && !s.padded:
			s.add(c, line[:i])
		case c == '=' && s.chars > 0:
			s.padded = true
		default:
			s.end()
			start = i + 1
			if isBase64(c) {
				s.add(c, line[:i])
				start = i
			}
		}
	}
	switch {
	case isImageURI(line):
		s.skip = true // its base64 begins on the next line
	case len(line)-start < minWrapped:
		s.end()
	}
}

// add counts one character; before is what stands before it in its line.
func (s *base64Scan) add(c byte, before string) {
	if s.chars == 0 {
		s.skip = s.skip || s.image || isImageURI(before)
		s.hex, s.digits = true, false
	}
	s.chars++
	s.digits = s.digits || '0' <= c && c <= '9'
	s.hex = s.hex && hexDigit(c) >= 0
}

// end closes the current run and notes its length. One character too many
// may be glued to it, and stands for no byte.
func (s *base64Scan) end() {
	if !s.skip && !(s.hex && s.digits) {
		s.longest = max(s.longest, s.chars*6/8)
	}
	s.chars, s.padded, s.skip = 0, false, false
}

// maxURIHead bounds the head of a data URI: media type and parameters.
const maxURIHead = 128

// isImageURI reports whether text ends in the head of a data URI of an image.
func isImageURI(text string) bool {
	text = text[max(0, len(text)-maxURIHead):]
	if !strings.HasSuffix(text, ";base64,") {
		return false
	}
	i := strings.LastIndex(text, "data:")
	return i >= 0 && hasPrefixFold(text[i:], "data:image/")
}

func isBase64(c byte) bool { return isAlnum(c) || c == '+' || c == '/' }
