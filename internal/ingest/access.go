package ingest

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
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
	clock   clock
	anchors event.Anchors
	json    accessJSON
}

func newAccessDecoder() *accessDecoder {
	d := &accessDecoder{}
	d.json.clock, d.json.anchors = &d.clock, &d.anchors
	return d
}

// parse reads a line and returns why it cannot, or "".
func (d *accessDecoder) parse(rec *accessRecord, l []byte, text string) string {
	if len(l) > 0 && l[0] == '{' {
		return d.json.parse(rec, l, text)
	}
	return rec.parse(text, d)
}

func (d *accessDecoder) decode(b *Batch, i int) (fate, string) {
	rec := &recordsOf[accessRecord](b)[i]
	if why := d.parse(rec, b.raw(i), b.str(i)); why != "" {
		return rejected, why
	}
	rec.hash = hashLine(b.raw(i))
	return pending, ""
}

// parse reads a line and returns why it cannot, or "".
//
// The client chooses its user name, request, referer and user agent. Servers
// escape quotes in them and no other character that matters here: the first
// quote begins the request, and the time is what stands in brackets before it.
func (rec *accessRecord) parse(l string, d *accessDecoder) string {
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
	if rec.at, rec.ts, ok = d.clock.parse(head[strings.LastIndexByte(head, '[')+1:]); !ok {
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
	rec.ip, rec.attacker = d.anchors.Attacker(ip)
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
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// cutQuoted cuts the quoted string that s begins with, quotes off, from the
// rest. A backslash keeps a quote from being the end.
func cutQuoted(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	quote := 0
	for i := 1; i < len(s); {
		if quote < i {
			n := strings.IndexByte(s[i:], '"')
			if n < 0 {
				break
			}
			quote = i + n
		}
		escape := strings.IndexByte(s[i:quote], '\\')
		if escape < 0 {
			return s[1:quote], s[quote+1:], true
		}
		i += escape + len(`\"`)
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
	if text != c.text || c.ts == "" {
		at, ok := parseUTCStamp(text)
		if !ok {
			var err error
			if at, err = time.Parse("02/Jan/2006:15:04:05 -0700", text); err != nil {
				return time.Time{}, "", false
			}
		}
		*c = clock{strings.Clone(text), at, at.Format(time.RFC3339)}
	}
	return c.at, c.ts, true
}

// parseUTCStamp parses a time of the common format in UTC, as most servers write
// it. Of anything else it returns false: the package time says what it is.
func parseUTCStamp(s string) (at time.Time, ok bool) {
	const layout = "02/Jan/2006:15:04:05 +0000"
	if len(s) != len(layout) || s[len("02/Jan/2006"):len("02/Jan/2006:")] != ":" || s[len(layout)-len(" +0000"):] != " +0000" {
		return time.Time{}, false
	}
	month := strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", s[3:6])
	if month < 0 || month%3 != 0 {
		return time.Time{}, false
	}
	// What RFC 3339 says of the same digits.
	var b [len("2006-01-02T15:04:05Z")]byte
	copy(b[:], s[7:11])
	copy(b[4:], "-00-")
	b[5], b[6] = byte('0'+(month/3+1)/10), byte('0'+(month/3+1)%10)
	copy(b[8:], s[0:2])
	b[10] = 'T'
	copy(b[11:], s[12:20])
	b[19] = 'Z'
	if s[2] != '/' || s[6] != '/' {
		return time.Time{}, false
	}
	return lines.ParseTime(string(b[:]))
}

// accessVisits is the ordered half of the reader. Visits are an aggregate; what
// it remembers itself is which lines were equal.
type accessVisits struct {
	set    *aggregate.Set
	fields accessFields
	ids    *lineIDs
}

type accessFields struct{ method, url, userAgent, referer, status, headers event.FieldID }

func newAccessFields() accessFields {
	const k = event.KindHTTPRequest
	return accessFields{fieldOf(k, "method"), fieldOf(k, "raw_url"), fieldOf(k, "user_agent"), fieldOf(k, "referer"), fieldOf(k, "status"), fieldOf(k, "headers")}
}

func newAccessVisits(set *aggregate.Set) *accessVisits {
	return &accessVisits{set: set, fields: newAccessFields(), ids: newLineIDs("access:")}
}

func (a *accessVisits) assemble(b *Batch, i int) (fate, string) {
	a.request(b, b.log, &recordsOf[accessRecord](b)[i])
	return direct, ""
}

// request adds the event of the request rec to a server, and tells the
// aggregates of it.
func (a *accessVisits) request(b *Batch, server string, rec *accessRecord) *event.Event {
	a.set.Line(server, rec.at, b.emitter())
	id := a.ids.next(b.log, rec.at, rec.hash)
	visit := a.set.Request(&aggregate.Request{
		Source: server, ID: id, Attacker: rec.attacker, IP: rec.ip, At: rec.at, TS: rec.ts, Bytes: rec.bytes,
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
	if rec.status != 0 {
		ev.Set(f.status, event.NumberValue(rec.status))
	}
	if len(rec.headers.Keys) > 0 {
		ev.Set(f.headers, rec.headers)
	}
	return ev
}

func (a *accessVisits) code(c *state.Codec) { a.ids.code(c) }
