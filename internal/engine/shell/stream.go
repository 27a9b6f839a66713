package shell

import "strings"

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
		behind := false
		for _, a := range args {
			if behind = behind || a == "-a" || a == "--append"; !strings.HasPrefix(a, "-") {
				p.saveFile(a, in, behind)
			}
		}
		return in
	}
	all, files := empty, 0
	for _, a := range args {
		switch {
		case a == "-" || a == "/dev/stdin":
			all = p.concat(all, in)
		case strings.HasPrefix(a, "-"):
			continue
		default:
			all = p.concat(all, p.given(a))
		}
		files++
	}
	if files == 0 {
		return in
	}
	return all
}
