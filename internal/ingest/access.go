package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/state"
)

// accessFormat is the row of web servers' logs: the common and combined formats,
// with the virtual host before them or not, as Apache
// (https://httpd.apache.org/docs/current/mod/mod_log_config.html) and nginx
// (https://nginx.org/en/docs/http/ngx_http_log_module.html) write them, and
// objects of JSON (access_json.go).
func accessFormat() format {
	return format{
		name:  "access",
		about: "web server logs: common, combined, with virtual host (Apache, nginx), JSON (nginx, Caddy, Traefik)",
		sniff: func(s *sniffed) bool {
			var rec accessRecord
			return newAccessDecoder().parse(&rec, s.line, string(s.line)) == ""
		},
		start: func(l []byte) (sensor string, at time.Time, ok bool) {
			var rec accessRecord
			ok = newAccessDecoder().parse(&rec, l, string(l)) == ""
			return "", rec.at, ok
		},
		newDecoder: func(*event.FieldSet) decoder { return newAccessDecoder() },
		newAssembler: func(set *aggregate.Set, _ *event.FieldSet) assembler {
			return newAccessVisits(set)
		},
	}
}

// An accessRecord is what a line says.
type accessRecord struct {
	ip, attacker       string
	ts                 string
	at                 time.Time
	method, url        string
	referer, userAgent string
	status             float64
	bytes              int64
	headers            event.Value // of JSON that has them
	hash               uint64      // of the line
}

// An accessDecoder decodes one line at a time.
type accessDecoder struct {
	clock clock
	json  accessJSON
}

func newAccessDecoder() *accessDecoder {
	d := &accessDecoder{}
	d.json.clock = &d.clock
	return d
}

// parse reads a line and returns why it cannot, or "".
func (d *accessDecoder) parse(rec *accessRecord, l []byte, text string) string {
	if len(l) > 0 && l[0] == '{' {
		return d.json.parse(rec, l, text)
	}
	return rec.parse(text, &d.clock)
}

func (d *accessDecoder) decode(b *Batch, i int) (fate, string) {
	rec := &recordsOf[accessRecord](b)[i]
	if why := d.parse(rec, b.raw(i), b.str(i)); why != "" {
		return rejected, why
	}
	sum := sha256.Sum256(b.raw(i))
	rec.hash = binary.BigEndian.Uint64(sum[:])
	return pending, ""
}

// parse reads a line and returns why it cannot, or "".
//
// The client chooses its user name, request, referer and user agent. Servers
// escape quotes in them and no other character that matters here: the first
// quote begins the request, and the time is what stands in brackets before it.
func (rec *accessRecord) parse(l string, c *clock) string {
	*rec = accessRecord{}
	quote := strings.IndexByte(l, '"')
	head, ok := strings.CutSuffix(l[:max(quote, 0)], "] ")
	if !ok {
		return "no access log line: no time in brackets before a quoted request"
	}
	host, rest, _ := strings.Cut(head, " ")
	if isVirtualHost(host) {
		host, _, _ = strings.Cut(rest, " ")
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "no anchor: the line does not begin with an IP address"
	}
	if rec.at, rec.ts, ok = c.parse(head[strings.LastIndexByte(head, '[')+1:]); !ok {
		return "no time that can be read in the brackets"
	}
	var request string
	request, rest, ok = cutQuoted(l[quote:])
	if !ok {
		return "the quoted request has no end"
	}
	if !rec.answer(&rest) {
		return "status or size is not a number"
	}
	rec.request(unescape(request))
	for _, field := range [...]*string{&rec.referer, &rec.userAgent} {
		text, after, ok := cutQuoted(strings.TrimPrefix(rest, " "))
		if !ok {
			break
		}
		if rest = after; text != "-" {
			*field = unescape(text)
		}
	}
	rec.ip = ip.Unmap().WithZone("").String()
	rec.attacker = event.AttackerUUID(ip).String()
	return ""
}

// isVirtualHost reports whether the first word of a line is the name and port of
// a server. A name without a port may be the client's: what stands behind that
// is what the client says of itself.
func isVirtualHost(word string) bool {
	i := strings.LastIndexByte(word, ':')
	if i <= 0 || i+1 == len(word) || strings.Trim(word[i+1:], "0123456789") != "" {
		return false
	}
	name := word[:i]
	return strings.IndexByte(name, ':') < 0 || name[0] == '[' && strings.HasSuffix(name, "]")
}

// maxAnswer bounds the size of an answer, in bytes: beyond it a size is no
// size, and sums of sizes stay numbers.
const maxAnswer = 1 << 40

// answer reads ` status size` from the front of rest; a size of - counts as 0.
func (rec *accessRecord) answer(rest *string) bool {
	status, after, _ := strings.Cut(strings.TrimPrefix(*rest, " "), " ")
	size, after, _ := strings.Cut(after, " ")
	code, err := strconv.ParseUint(status, 10, 16)
	if err != nil {
		return false
	}
	if size != "-" {
		rec.bytes, err = strconv.ParseInt(size, 10, 64)
	}
	rec.status, *rest = float64(code), after
	return err == nil && rec.bytes >= 0 && rec.bytes <= maxAnswer
}

// request takes the request line apart. Anything else that stands there, such
// as the first bytes of TLS, becomes the URL as a whole.
func (rec *accessRecord) request(line string) {
	if line == "-" {
		return
	}
	rec.url = line
	method, url, ok := strings.Cut(line, " ")
	if !ok || !isMethod(method) {
		return
	}
	if i := strings.LastIndex(url, " HTTP/"); i >= 0 {
		url = url[:i]
	}
	rec.method, rec.url = method, url
}

func isMethod(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == ""
}

// cutQuoted cuts the quoted string that s begins with, quotes off, from the
// rest. A backslash keeps a quote from being the end.
func cutQuoted(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:], true
		}
	}
	return "", s, false
}

// unescape undoes the escapes of both servers: \" \\ \n \r \t \b \v \f and
// \xNN. Bytes that are no UTF-8 become U+FFFD.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 && utf8.ValidString(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		if s[i] == 'x' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		if k := strings.IndexByte(`"\nrtbvf`, s[i]); k >= 0 {
			b = append(b, "\"\\\n\r\t\b\v\f"[k])
		} else {
			b = append(b, '\\', s[i])
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// A clock parses times. It remembers the last one: a busy server writes many
// lines in a second.
type clock struct {
	text string
	at   time.Time
	ts   string
}

func (c *clock) parse(text string) (at time.Time, ts string, ok bool) {
	if text != c.text {
		at, err := time.Parse("02/Jan/2006:15:04:05 -0700", text)
		if err != nil {
			return time.Time{}, "", false
		}
		*c = clock{strings.Clone(text), at, at.Format(time.RFC3339)}
	}
	return c.at, c.ts, true
}

// accessVisits is the ordered half of the reader. Visits are an aggregate; what
// it remembers itself is which lines were equal.
type accessVisits struct {
	set    *aggregate.Set
	fields accessFields
	equal  *state.Table[string, *equalLines] // by log
}

type accessFields struct{ method, url, userAgent, referer, status, headers event.FieldID }

func newAccessFields() accessFields {
	const k = event.KindHTTPRequest
	return accessFields{fieldOf(k, "method"), fieldOf(k, "raw_url"), fieldOf(k, "user_agent"), fieldOf(k, "referer"), fieldOf(k, "status"), fieldOf(k, "headers")}
}

// maxLogs is how many logs are told apart whose equal lines are counted.
const maxLogs = 256

func newAccessVisits(set *aggregate.Set) *accessVisits {
	return &accessVisits{set: set, fields: newAccessFields(), equal: state.NewTable[string, *equalLines](maxLogs)}
}

func (a *accessVisits) assemble(b *Batch, i int) (fate, string) {
	rec := &recordsOf[accessRecord](b)[i]
	a.set.Line(b.log, rec.at, b.emitter())
	id := a.id(b.log, rec)
	visit := a.set.Request(&aggregate.Request{
		Source: b.log, ID: id, Attacker: rec.attacker, IP: rec.ip, At: rec.at, TS: rec.ts, Bytes: rec.bytes,
		NotFound: rec.status == 404 || rec.status == 410,
	}, b.emitter())
	ev := &b.addEvent().Event
	ev.SetKind(event.KindHTTPRequest.String())
	ev.SourceID, ev.SessionID = id, event.Some(visit)
	ev.AttackerUUID, ev.AttackerIP = rec.attacker, rec.ip
	ev.TS, ev.Time = rec.ts, rec.at
	f := &a.fields
	setText(ev, f.method, rec.method)
	setText(ev, f.url, rec.url)
	setText(ev, f.userAgent, rec.userAgent)
	setText(ev, f.referer, rec.referer)
	ev.Set(f.status, event.NumberValue(rec.status))
	if len(rec.headers.Keys) > 0 {
		ev.Set(f.headers, rec.headers)
	}
	return direct, ""
}

// id returns the source_id of a line. It is made of the line itself, so that a
// tail, a copy and a rotation of a log give the same: its hash, and how many
// lines of its log and second before it were the same.
func (a *accessVisits) id(log string, rec *accessRecord) string {
	e := a.equal.Find(log)
	if e == nil {
		e = a.equal.Add(strings.Clone(log), &equalLines{}, 1)
		a.equal.Overflow()
	}
	k := e.Value.count(rec.at.Unix(), rec.hash)
	id := hex.AppendEncode(append(make([]byte, 0, 32), "access:"...), binary.BigEndian.AppendUint64(nil, rec.hash))
	return string(strconv.AppendInt(append(id, '.'), int64(k), 10))
}

func (a *accessVisits) code(c *state.Codec) {
	a.equal.Code(c, (*state.Codec).Text, func(c *state.Codec, e **equalLines) {
		if c.Reading() {
			*e = &equalLines{}
		}
		(*e).code(c)
	}, func(**equalLines) int { return 1 })
}
