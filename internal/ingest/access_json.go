package ingest

import (
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

// An accessMember is what a member of a line of JSON says.
type accessMember uint8

const (
	otherMember  accessMember = iota
	memberIP                  // an address, or an address and port
	memberBehind              // the address of a client behind a proxy that the server was told to trust
	memberTime
	memberLine // the request line; for Caddy an object
	memberMethod
	memberURL
	memberStatus
	memberSize
	memberReferer
	memberAgent
	memberHeaders
)

// accessMembers are the names by which servers log requests as JSON: those of
// nginx are of its variables, as `log_format escape=json` is usually written
// (https://nginx.org/en/docs/http/ngx_http_log_module.html), those of Caddy
// (https://caddyserver.com/docs/caddyfile/directives/log) stand partly within
// `request`, and those of Traefik begin with a capital letter
// (https://doc.traefik.io/traefik/observability/access-logs/).
var accessMembers = map[string]accessMember{
	"remote_addr": memberIP, "remote_ip": memberIP, "ClientHost": memberIP, "ClientAddr": memberIP, "client_ip": memberBehind,
	"time_iso8601": memberTime, "time_local": memberTime, "msec": memberTime, "time": memberTime, "@timestamp": memberTime, "ts": memberTime, "StartUTC": memberTime, "StartLocal": memberTime,
	"request": memberLine, "request_method": memberMethod, "method": memberMethod, "RequestMethod": memberMethod,
	"request_uri": memberURL, "uri": memberURL, "RequestPath": memberURL,
	"status": memberStatus, "DownstreamStatus": memberStatus,
	"body_bytes_sent": memberSize, "bytes_sent": memberSize, "size": memberSize, "DownstreamContentSize": memberSize,
	"http_referer": memberReferer, "http_user_agent": memberAgent, "request_Referer": memberReferer, "request_User-Agent": memberAgent,
	"headers": memberHeaders,
}

// An accessJSON reads lines of JSON. It belongs to one goroutine.
type accessJSON struct {
	json    *lines.JSON
	rec     *accessRecord
	clock   *clock
	anchors *event.Anchors
	line    string // the request line
	behind  string
	status  event.Value
	size    event.Value
}

// parse reads a line and returns why it cannot, or "".
func (a *accessJSON) parse(rec *accessRecord, l []byte, text string) string {
	*rec = accessRecord{}
	if a.json == nil {
		a.json = lines.NewTolerantJSON()
	}
	*a = accessJSON{json: a.json, rec: rec, clock: a.clock, anchors: a.anchors}
	a.json.Reset(l, text)
	if err := a.json.Object(a.member); err != nil {
		return lines.Reason(err, l)
	}
	return a.finish()
}

func (a *accessJSON) member(name string) error {
	rec, j := a.rec, a.json
	switch accessMembers[name] {
	case memberIP:
		return j.Text(&rec.ip)
	case memberBehind:
		return j.Text(&a.behind)
	case memberTime:
		return a.time()
	case memberLine:
		if j.Peek() == '{' {
			return j.Members(a.member)
		}
		return j.Text(&a.line)
	case memberMethod:
		return j.Text(&rec.method)
	case memberURL:
		return j.Text(&rec.url)
	case memberStatus:
		return j.Number(&a.status)
	case memberSize:
		return j.Number(&a.size)
	case memberReferer:
		return j.Text(&rec.referer)
	case memberAgent:
		return j.Text(&rec.userAgent)
	case memberHeaders:
		return j.Value(&rec.headers)
	}
	return j.Skip()
}

// time reads a time: RFC 3339, that of the combined format, or seconds since
// 1970. The first of a line counts.
func (a *accessJSON) time() error {
	var v event.Value
	if err := a.json.Value(&v); err != nil || !a.rec.at.IsZero() {
		return err
	}
	seconds := v.Num
	if v.Kind == event.String {
		if at, ts, ok := a.clock.parse(v.Str); ok {
			a.rec.at, a.rec.ts = at, ts
			return nil
		}
		if ts, at := normalTime(v.Str); !at.IsZero() {
			a.rec.at, a.rec.ts = at, ts
			return nil
		}
		seconds, _ = strconv.ParseFloat(v.Str, 64)
	}
	const end = 253402300800 // the year 10000, which RFC 3339 cannot write
	if seconds > 0 && seconds < end {
		whole, part := math.Modf(seconds)
		a.rec.at = time.Unix(int64(whole), int64(part*1e6)*1000).UTC()
		a.rec.ts = a.rec.at.Format(time.RFC3339Nano)
	}
	return nil
}

// finish puts together what the members said.
func (a *accessJSON) finish() string {
	rec := a.rec
	if a.line != "" {
		rec.request(a.line)
	}
	if rec.headers.Kind != event.Object {
		rec.headers = event.Value{}
	}
	for i, name := range rec.headers.Keys {
		switch {
		case strings.EqualFold(name, "user-agent"):
			rec.userAgent = firstText(&rec.headers.List[i])
		case strings.EqualFold(name, "referer"):
			rec.referer = firstText(&rec.headers.List[i])
		}
	}
	for _, text := range [...]*string{&rec.referer, &rec.userAgent} {
		if *text == "-" {
			*text = ""
		}
	}
	if a.behind != "" {
		rec.ip = a.behind
	}
	ip, err := netip.ParseAddr(rec.ip)
	if host, _, bad := net.SplitHostPort(rec.ip); err != nil && bad == nil {
		ip, err = netip.ParseAddr(host)
	}
	size := a.size.Num
	switch {
	case a.status.Kind != event.Number || a.status.Num != math.Trunc(a.status.Num) || a.status.Num < 0 || a.status.Num > 999:
		return "no access log line: the object has no status"
	case err != nil:
		return "no anchor: the object names no client's IP address"
	case rec.at.IsZero():
		return whyNoTime
	case size < 0 || size > maxAnswer || size != math.Trunc(size):
		return "status or size is not a number"
	}
	rec.status, rec.bytes = a.status.Num, int64(size)
	rec.ip, rec.attacker = a.anchors.Attacker(ip)
	return ""
}

// firstText returns a text, or the first of a list of texts.
func firstText(v *event.Value) string {
	if v.Kind == event.List && len(v.List) > 0 {
		v = &v.List[0]
	}
	if v.Kind != event.String {
		return ""
	}
	return v.Str
}
