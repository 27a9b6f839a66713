package ingest

import (
	"bytes"
	"slices"
	"strings"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// A wrapper is how a collector of logs writes down the lines of others: each
// inside a JSON object of its own, or behind words of its own.
type wrapper struct {
	name string
	text string   // the member that holds the line, or the object that the line was
	mark []string // of these members one is there too
	// words takes the line from behind the collector's words; whole is false
	// of a part that the next line goes on with. nil = a JSON object is around it.
	words func(l string) (inner string, whole, ok bool)
}

// wrappers are Docker's json-file logs, what Filebeat writes to a file (the line,
// or what it decoded of it), `journalctl -o json`, and what container runtimes
// write below /var/log/pods (CRI).
func wrappers() []wrapper {
	return []wrapper{
		{"docker", "log", []string{"stream", "time"}, nil},
		{"filebeat", "message", []string{"@timestamp"}, nil},
		{"filebeat", "json", []string{"@timestamp"}, nil},
		{"journald", "MESSAGE", []string{"__REALTIME_TIMESTAMP", "__CURSOR", "_HOSTNAME"}, nil},
		{"cri", "", nil, criLine},
	}
}

// criLine reads `2016-10-06T00:17:09.669794202Z stdout F line`, with P for a part.
func criLine(l string) (inner string, whole, ok bool) {
	at, rest, _ := strings.Cut(l, " ")
	stream, rest, _ := strings.Cut(rest, " ")
	tag, inner, ok := strings.Cut(rest, " ")
	if !ok || stream != "stdout" && stream != "stderr" || len(tag) == 0 || tag[0] != 'F' && tag[0] != 'P' {
		return "", false, false
	}
	if _, time := normalTime(at); time.IsZero() {
		return "", false, false
	}
	return inner, tag[0] == 'F', true
}

// An unwrapper takes the lines of one file out of their wrappers. It belongs to
// one goroutine.
type unwrapper struct {
	*wrapper
	json *lines.JSON
	max  int
	part []byte // Docker and others write a line of over 16 KiB in parts
	buf  []byte
}

func newUnwrapper(w *wrapper, maxLine int) *unwrapper {
	return &unwrapper{wrapper: w, json: lines.NewTolerantJSON(), max: maxLine}
}

// open returns the line inside l, whole or the next part of one; ok is false
// when l is no wrapper.
func (u *unwrapper) open(l []byte) (inner string, whole, ok bool) {
	if u.words != nil {
		return u.words(string(l))
	}
	inner, ok = u.member(l)
	return inner, u.name != "docker" || strings.HasSuffix(inner, "\n"), ok
}

// member returns the member of l that holds the line.
func (u *unwrapper) member(l []byte) (inner string, ok bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(l, " \t"), []byte("{")) {
		return "", false
	}
	var text event.OptString
	marked := false
	u.json.Reset(l, string(l))
	err := u.json.Object(func(name string) error {
		if name == u.text {
			switch u.json.Peek() {
			case '[': // journald writes what is no UTF-8 as numbers
				return u.bytes(&text)
			case '{':
				raw, err := u.json.Raw()
				text = event.Some(raw)
				return err
			}
			return u.json.OptText(&text)
		}
		marked = marked || slices.Contains(u.mark, name)
		return u.json.Skip()
	})
	return text.Value, err == nil && marked && text.Valid
}

// bytes reads a list of numbers as the bytes of a text.
func (u *unwrapper) bytes(text *event.OptString) error {
	var v event.Value
	if err := u.json.Value(&v); err != nil {
		return err
	}
	b := make([]byte, len(v.List))
	for i := range v.List {
		b[i] = byte(v.List[i].Num)
	}
	*text = event.Some(strings.ToValidUTF8(string(b), "\uFFFD"))
	return nil
}

// batch puts in the place of each wrapped line of b the one that is inside.
// The parts of a line are joined in its last; those before go with it.
func (u *unwrapper) batch(b *Batch) {
	u.buf = u.buf[:0]
	for i := range b.lines {
		l, start := &b.block.Lines[i], len(u.buf)
		inner, whole, ok := "", false, false
		if b.lines[i].fate == pending {
			inner, whole, ok = u.open(b.block.Raw(i))
		}
		switch {
		case !ok:
			u.buf = append(u.buf, b.block.Raw(i)...)
		case !whole:
			u.part = append(u.part, inner...)
			b.lines[i] = line{absorbed, ""}
		default:
			u.buf = append(append(u.buf, u.part...), strings.TrimRight(inner, "\r\n")...)
			u.part = u.part[:0]
		}
		if len(u.part) > u.max || len(u.buf)-start > u.max {
			b.lines[i] = line{rejected, "the line that is wrapped here is too long"}
			u.buf, u.part = u.buf[:start], nil
		}
		l.Start, l.End = start, len(u.buf)
		u.buf = append(u.buf, '\n')
	}
	b.block.Text, u.buf = u.buf, b.block.Text
	if cap(u.buf) > lines.KeepBytes {
		u.buf = nil
	}
}

// unfinished returns the bytes of a line whose last part has not come. A nil
// unwrapper has none.
func (u *unwrapper) unfinished() int64 {
	if u == nil {
		return 0
	}
	return int64(len(u.part))
}
