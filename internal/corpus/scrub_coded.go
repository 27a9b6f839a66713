package corpus

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Lengths, in characters, of the shortest codes that are read: those of
// 7 bytes, as 1.1.1.1 and 2001::1 have.
const (
	minCode64  = 10
	minHexText = 14
)

func isBase64(c byte) bool { return isAlnum(c) || c == '+' || c == '/' || c == '-' || c == '_' }

// run64 is a run of base64: where it stands, and its characters without the
// line ends in it.
type run64 struct {
	start, end int
	chars      string
	padded     bool
}

// nextRun64 returns the first run of base64 in t at or behind i.
func nextRun64(t string, i int) (r run64, ok bool) {
	for i < len(t) && !isBase64(t[i]) {
		i++
	}
	if i == len(t) {
		return run64{}, false
	}
	r.start = i
	wrapped := false
	for i < len(t) {
		if isBase64(t[i]) {
			i++
			continue
		}
		// A line end within the run is one of its encoder's.
		n := lineEnd(t[i:])
		if n == 0 || i+n >= len(t) || !isBase64(t[i+n]) {
			break
		}
		wrapped = true
		i += n
	}
	r.chars = t[r.start:i]
	if wrapped {
		r.chars = strings.NewReplacer("\r", "", "\n", "").Replace(r.chars)
	}
	for i < len(t) && t[i] == '=' {
		r.padded = true
		i++
	}
	r.end = i
	return r, true
}

func lineEnd(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case s[0] == '\n':
		return 1
	}
	return 0
}

// findBase64 decodes every run of base64, from each of the four places where
// its first group may begin, and encodes what was scrubbed anew.
func (s *Scrubber) findBase64(dst []span, t string, level int) []span {
	for i := 0; ; {
		r, ok := nextRun64(t, i)
		if !ok {
			return dst
		}
		i = r.end
		if len(r.chars) < minCode64 {
			continue
		}
		if with, ok := s.recode64(&r, level); ok {
			dst = append(dst, span{r.start, r.end, with, Base64})
		}
	}
}

func (s *Scrubber) recode64(r *run64, level int) (with string, ok bool) {
	chars, enc := r.chars, base64.RawStdEncoding
	if strings.ContainsAny(chars, "-_") {
		if !strings.ContainsAny(chars, "+/") {
			enc = base64.RawURLEncoding
		}
		chars = strings.NewReplacer("-", "+", "_", "/").Replace(chars)
	}
	for skip := range 4 {
		body, tail := chars[skip:], ""
		if len(body)%4 == 1 {
			body, tail = body[:len(body)-1], body[len(body)-1:]
		}
		plain, err := base64.RawStdEncoding.DecodeString(body)
		if err != nil {
			continue
		}
		clean, changed := s.scrub(string(plain), level+1)
		if !changed {
			continue
		}
		coded := enc.EncodeToString([]byte(clean))
		if r.padded {
			coded += strings.Repeat("=", (4-len(coded)%4)%4)
			tail = ""
		}
		return r.chars[:skip] + coded + tail, true
	}
	return "", false
}

// findHexText decodes runs of hexadecimal digits, from either of the two
// places where a byte may begin.
func (s *Scrubber) findHexText(dst []span, t string, level int) []span {
	for i := 0; i < len(t); {
		if !isHex(t[i]) {
			i++
			continue
		}
		start := i
		for i < len(t) && isHex(t[i]) {
			i++
		}
		for skip := range 2 {
			n := (i - start - skip) / 2 * 2
			if n < minHexText {
				break
			}
			from := start + skip
			plain, err := hex.DecodeString(t[from : from+n])
			if err != nil {
				break
			}
			if clean, changed := s.scrub(string(plain), level+1); changed {
				dst = append(dst, span{from, from + n, hex.EncodeToString([]byte(clean)), HexText})
				break
			}
		}
	}
	return dst
}
