package ingest

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"

	"ttpctl/internal/lines"
)

// Bounds of a message beyond its size. Mail of people has a few parts, two or
// three deep.
const (
	maxMIMEDepth = 8
	maxMIMEParts = 1000
	maxHeaders   = 1000 // fields of one header that are looked at
)

// A message is what of a stored message is of use.
type message struct {
	text    string // the first text/plain, else the first text/html, as UTF-8
	hasText bool
	list    bool // its header shows a mailing list, a bulk sender or a bounce
}

// readMessage reads a message, or the beginning of one. What is malformed is
// read as mail programs do it, as far as it goes: a message that people can
// read must not hide from rules.
func readMessage(raw []byte) message {
	h, body := cutHeader(raw)
	m := message{list: h.isList()}
	w := mimeWalk{parts: maxMIMEParts}
	w.walk(h, body, 0)
	for _, t := range [...]*textPart{w.plain, w.html} {
		if t != nil {
			m.text, m.hasText = t.decode(), true
			break
		}
	}
	return m
}

// A mimeWalk looks for the texts of a message.
type mimeWalk struct {
	parts       int // that may still be looked at
	plain, html *textPart
}

// A textPart is a text as it was sent.
type textPart struct {
	body     []byte
	encoding string // of the transfer
	charset  string
}

func (w *mimeWalk) walk(h header, body []byte, depth int) {
	if w.parts--; w.parts < 0 || depth > maxMIMEDepth || w.plain != nil {
		return
	}
	kind, params := mediaType(h.get("content-type"))
	if boundary := params["boundary"]; strings.HasPrefix(kind, "multipart/") && boundary != "" {
		for part := range parts(body, boundary) {
			ph, pb := cutPart(part)
			if w.walk(ph, pb, depth+1); w.plain != nil || w.parts < 0 {
				break
			}
		}
		return
	}
	disposition, _, _ := strings.Cut(strings.ToLower(h.get("content-disposition")), ";")
	if strings.TrimSpace(disposition) == "attachment" {
		return
	}
	t := &textPart{body, strings.ToLower(strings.TrimSpace(h.get("content-transfer-encoding"))), params["charset"]}
	switch {
	case kind == "text/plain":
		w.plain = t
	case kind == "text/html" && w.html == nil:
		w.html = t
	}
}

// mediaType parses a Content-Type; without one that can be read it is plain
// text.
func mediaType(value string) (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(value)
	if err == nil && kind != "" {
		return kind, params
	}
	kind, rest, _ := strings.Cut(value, ";")
	kind, params = strings.ToLower(strings.TrimSpace(kind)), map[string]string{}
	for field := range strings.SplitSeq(rest, ";") {
		name, text, _ := strings.Cut(field, "=")
		params[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(text), `"`)
	}
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	return kind, params
}

// parts yields the parts of a multipart body. The last may lack its end.
func parts(body []byte, boundary string) func(yield func([]byte) bool) {
	mark := []byte("--" + boundary)
	return func(yield func([]byte) bool) {
		begin := -1 // of the part, once the first mark was seen
		for at := 0; at < len(body); {
			end := at + lineLen(body[at:])
			line := bytes.TrimRight(body[at:end], " \t\r\n")
			if rest, ok := bytes.CutPrefix(line, mark); ok && (len(rest) == 0 || string(rest) == "--") {
				if begin >= 0 && !yield(lines.TrimEnding(body[begin:at])) || len(rest) > 0 {
					return
				}
				begin = end
			}
			at = end
		}
		if begin >= 0 {
			yield(body[begin:])
		}
	}
}

// lineLen returns the length of the first line of b, with its ending.
func lineLen(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	return len(b)
}

// A header is the fields of a header, names in lower case.
type header []headerField

type headerField struct{ name, value string }

// cutHeader cuts the header that a message begins with from its body. A line
// in the header that is no field, such as the From line of an mbox, is passed
// over. Whoever types a message by hand may leave out the header, or the blank
// line behind it: without a field that mail has, all of b is body, and without
// a blank line the body begins at the first line that is no field.
func cutHeader(b []byte) (h header, body []byte) {
	h, rest, closed, stray := readHeader(b)
	switch {
	case closed && (len(h) == 0 && stray < 0 || h.isMail()):
		return h, rest
	case !h.isMail():
		return nil, b
	case stray < 0:
		return h, nil
	}
	return h, b[stray:]
}

// cutPart is cutHeader for a part of a multipart body, whose header has no
// field that it must have.
func cutPart(b []byte) (h header, body []byte) {
	h, body, closed, stray := readHeader(b)
	if !closed && stray >= 0 && len(h) == 0 {
		return nil, b
	}
	return h, body
}

// readHeader reads fields up to the first blank line, behind which rest
// begins. stray is where the first line behind a field begins that is itself no
// field; -1 when there is no such line.
func readHeader(b []byte) (h header, rest []byte, closed bool, stray int) {
	stray = -1
	for at := 0; at < len(b); {
		n := lineLen(b[at:])
		line := lines.TrimEnding(b[at : at+n])
		switch {
		case len(line) == 0:
			return h, b[at+n:], true, stray
		case line[0] == ' ' || line[0] == '\t':
			h.fold(line)
		case !h.add(line) && stray < 0 && !bytes.HasPrefix(line, []byte("From ")):
			stray = at
		}
		at += n
	}
	return h, nil, false, stray
}

// fold appends a continuation line to the last field.
func (h header) fold(line []byte) {
	if len(h) > 0 && len(h[len(h)-1].value) < maxHeaderLen {
		h[len(h)-1].value += " " + cutString(bytes.TrimSpace(line), maxHeaderLen)
	}
}

// add takes in a line if it is a field, and reports whether it is.
func (h *header) add(line []byte) bool {
	name, value, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimSpace(name)
	if !ok || len(name) == 0 || len(name) >= maxHeaderName || bytes.ContainsAny(name, " \t") {
		return false
	}
	if len(*h) < maxHeaders {
		*h = append(*h, headerField{strings.ToLower(string(name)), cutString(bytes.TrimSpace(value), maxHeaderLen)})
	}
	return true
}

// isMail reports whether some field is one that messages have (RFC 5322, RFC
// 2045, and what relays add). `Hello: all` looks like a field and is not one.
func (h header) isMail() bool {
	return slices.ContainsFunc(h, func(f headerField) bool {
		switch f.name {
		case "from", "to", "cc", "bcc", "subject", "date", "sender", "reply-to", "message-id", "received", "return-path",
			"delivered-to", "mime-version", "precedence", "in-reply-to", "references", "user-agent", "envelope-to", "errors-to":
			return true
		}
		for _, prefix := range [...]string{"content-", "list-", "x-", "resent-", "dkim-", "arc-", "authentication-"} {
			if strings.HasPrefix(f.name, prefix) {
				return true
			}
		}
		return false
	})
}

// Bounds of one field, in bytes.
const (
	maxHeaderName = 128
	maxHeaderLen  = 4096
)

func cutString(b []byte, most int) string { return string(b[:min(len(b), most)]) }

// get returns the value of the first field named name, or "".
func (h header) get(name string) string {
	v, _ := h.find(name)
	return v
}

func (h header) find(name string) (value string, ok bool) {
	for _, f := range h {
		if f.name == name {
			return f.value, true
		}
	}
	return "", false
}

// isList reports whether mail like this comes from another server than its
// author's for good reason.
func (h header) isList() bool {
	for _, name := range [...]string{"list-id", "list-unsubscribe"} {
		if _, ok := h.find(name); ok {
			return true
		}
	}
	switch strings.ToLower(h.get("precedence")) {
	case "list", "bulk", "junk":
		return true
	}
	path, ok := h.find("return-path")
	return ok && strings.ReplaceAll(path, " ", "") == "<>"
}

// decode undoes the transfer encoding and the charset.
func (t *textPart) decode() string {
	b := t.body
	switch t.encoding {
	case "base64":
		b = decodeBase64(b)
	case "quoted-printable":
		b = decodeQuoted(b)
	}
	return toUTF8(b, t.charset)
}

// decodeBase64 decodes what of b is base64, as mail programs do: other
// characters are passed over.
func decodeBase64(b []byte) []byte {
	kept := make([]byte, 0, len(b))
	for _, c := range b {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			kept = append(kept, c)
		}
	}
	if len(kept)%4 == 1 {
		kept = kept[:len(kept)-1]
	}
	n, _ := base64.RawStdEncoding.Decode(kept, kept) // in place: output never overtakes input
	return kept[:n]
}

// decodeQuoted decodes quoted-printable text; what is no escape stays.
func decodeQuoted(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		if end, ok := softBreak(b, i+1); ok {
			i = end - 1
		} else if hi, lo := unhex(b, i+1), unhex(b, i+2); hi >= 0 && lo >= 0 {
			out = append(out, byte(hi<<4|lo))
			i += 2
		} else {
			out = append(out, '=')
		}
	}
	return out
}

// softBreak returns the end of the soft line break that the = before b[at]
// begins: white space and a line ending, or the end of the text.
func softBreak(b []byte, at int) (end int, ok bool) {
	for at < len(b) && (b[at] == ' ' || b[at] == '\t' || b[at] == '\r') {
		at++
	}
	if at == len(b) {
		return at, true
	}
	return at + 1, b[at] == '\n'
}

// unhex returns the value of the hex digit b[i], or -1.
func unhex(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// toUTF8 decodes text of a charset, by the names that HTML knows. What is
// unknown is taken for UTF-8, what is invalid becomes U+FFFD. The result is
// made of at most maxMessage bytes.
func toUTF8(b []byte, charset string) string {
	if enc, err := htmlindex.Get(charset); err == nil {
		// The error left is that of the encoding, behind what could be decoded.
		b, _ = io.ReadAll(io.LimitReader(transform.NewReader(bytes.NewReader(b), enc.NewDecoder()), maxMessage))
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
