package shell

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// stream is what a command writes, or finds on its input: a text that the line holds (ok), unknown, or, with a body and without ok, a text of which
// parts are unknown. The words of echo and printf are turned into text only when someone reads them.
type stream struct {
	body string
	ok   bool
	argv []string // of echo or printf, not yet written out
	echo bool
}

var empty = stream{ok: true}

func known(text string) stream { return stream{body: text, ok: true} }

func (s stream) known() bool { return s.ok || s.argv != nil }

// text returns what s holds, as far as it is known.
func (p *Parser) text(s stream) string {
	return p.written(s).body
}

// written turns the words of echo and printf into text.
func (p *Parser) written(s stream) stream {
	switch {
	case s.argv == nil:
		return s
	case s.echo:
		return p.echo(s.argv[1:])
	}
	return p.printf(s.argv[1:])
}

// concat is the stream of two commands one after the other.
func (p *Parser) concat(a, b stream) stream {
	if a.ok && a.body == "" {
		return b
	}
	if b.ok && b.body == "" {
		return a
	}
	a, b = p.written(a), p.written(b)
	if !a.ok && b.body == "" {
		return a
	}
	if !b.ok && a.body == "" {
		return b
	}
	both := p.charge(a.body + b.body)
	both.ok = a.ok && b.ok
	return both
}

// charge makes a stream of a text that was computed, within the budget for such.
func (p *Parser) charge(text string) stream {
	if len(text) > p.decoded {
		p.leftOut(len(text) - p.decoded)
		text = text[:p.decoded]
	}
	p.decoded -= len(text)
	return known(text)
}

// affords charges n computed bytes that are no use in part; false when there is no room for them.
func (p *Parser) affords(n int) bool {
	if n > p.decoded {
		p.leftOut(n)
		return false
	}
	p.decoded -= n
	return true
}

func (p *Parser) echo(args []string) stream {
	escapes, newline := false, true
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		escapes = escapes || strings.Contains(args[0], "e")
		newline = newline && !strings.Contains(args[0], "n")
		args = args[1:]
	}
	base := len(p.buf)
	for i, a := range args {
		if i > 0 {
			p.buf = append(p.buf, ' ')
		}
		if !escapes {
			p.buf = append(p.buf, a...)
			continue
		}
		var stop bool
		if p.buf, stop = unescape(p.buf, a, true); stop {
			newline = false
			break
		}
	}
	if newline {
		p.buf = append(p.buf, '\n')
	}
	text := p.out.Bytes(p.buf[base:])
	p.buf = p.buf[:base]
	return p.charge(text)
}

// printf knows %s, %b, %c, %d and %%.
func (p *Parser) printf(args []string) stream {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-v") {
		return stream{}
	}
	format, args := args[0], args[1:]
	base := len(p.buf)
	out := p.buf
	defer func() { p.buf = out[:base] }()
	for len(out)-base <= p.decoded {
		left, ok := len(args), true
		if out, args, ok = formatted(out, format, args); !ok {
			return stream{}
		}
		if len(args) == 0 || len(args) == left {
			break
		}
	}
	return p.charge(p.out.Bytes(out[base:]))
}

// formatted applies a printf format once.
func formatted(out []byte, format string, args []string) (text []byte, rest []string, ok bool) {
	for format != "" {
		i := strings.IndexByte(format, '%')
		if i < 0 || i == len(format)-1 {
			i = len(format)
		}
		var stop bool
		if out, stop = unescape(out, format[:i], true); stop || i == len(format) {
			return out, args, true
		}
		verb := format[i+1]
		format = format[i+2:]
		if verb == '%' {
			out = append(out, '%')
			continue
		}
		arg := ""
		if len(args) > 0 {
			arg, args = args[0], args[1:]
		}
		switch verb {
		case 's', 'd':
			out = append(out, arg...)
		case 'b':
			out, _ = unescape(out, arg, true)
		case 'c':
			out = append(out, arg[:min(1, len(arg))]...)
		default:
			return out, args, false
		}
	}
	return out, args, true
}

// copied is the output of cat and tee.
func (p *Parser) copied(name string, args []string, in stream) stream {
	if name == "tee" {
		return in
	}
	for _, a := range args {
		if a == "/dev/stdin" || strings.HasPrefix(a, "-") {
			continue
		}
		for _, pr := range p.procs {
			if len(args) == 1 && pr.source == a {
				return pr.out
			}
		}
		return stream{}
	}
	return in
}

// decode is the output of the decoders, when they decode their input.
func (p *Parser) decode(name string, args []string, in stream) stream {
	if !in.known() {
		return stream{}
	}
	how := coder(name, args)
	if how == nil {
		return stream{}
	}
	in = p.written(in)
	if !in.ok {
		return stream{}
	}
	return p.charge(how(in.body))
}

// coder returns what a command does to its input, or nil when it reads a file, encodes, or does something else.
func coder(name string, args []string) func(string) string {
	switch name {
	case "rev":
		if len(args) == 0 {
			return reversed
		}
	case "b64decode": // BSD: -r is without the header line
		if slices.Contains(args, "-r") && only(args, "-r", "-i", "-") {
			return fromBase64
		}
	case "base64":
		if only(args, "-d", "--decode", "-D", "-i", "-di", "-id", "--ignore-garbage", "-") && decodes(args) {
			return fromBase64
		}
	case "openssl":
		if len(args) > 1 && (args[0] == "base64" || args[0] == "enc" && (slices.Contains(args, "-base64") || slices.Contains(args, "-a"))) &&
			only(args[1:], "-d", "-base64", "-a", "-A") && slices.Contains(args, "-d") {
			return fromBase64
		}
	case "xxd":
		letters := strings.Join(args, "")
		if strings.Contains(letters, "r") && strings.Contains(letters, "p") && only(args, "-r", "-p", "-ps", "-plain", "-rp", "-pr", "-") {
			return fromHex
		}
	}
	return nil
}

func decodes(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return a == "--decode" || a == "-D" || len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.Contains(a, "d")
	})
}

// only reports whether every argument is one of the words.
func only(args []string, words ...string) bool {
	return !slices.ContainsFunc(args, func(a string) bool { return !slices.Contains(words, a) })
}

// fromBase64 decodes what there is before the padding or the first error; what is not of the alphabet is skipped.
func fromBase64(s string) string {
	digits := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		if c == '=' {
			break
		}
		if 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	n, _ := base64.RawStdEncoding.Decode(digits, digits)
	return string(digits[:n])
}

// fromHex decodes pairs of digits, blanks skipped.
func fromHex(s string) string {
	digits := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' {
			digits = append(digits, c)
		}
	}
	n, _ := hex.Decode(digits, digits[:len(digits)&^1])
	return string(digits[:n])
}

// reversed is rev: each line backwards.
func reversed(s string) string {
	out := []byte(s)
	for start := 0; start < len(out); {
		end := start
		for end < len(out) && out[end] != '\n' {
			end++
		}
		slices.Reverse(out[start:end])
		start = end + 1
	}
	return string(out)
}
