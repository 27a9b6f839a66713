package ingest

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
	"ttpctl/internal/state"
)

// tannerFormat is the row of what TANNER logs of each request that a SNARE
// decoy passed on to it: the event as snare/tanner_handler.py of mushorg/snare
// makes it (method, path, headers, uuid of the decoy, peer, status, cookies,
// post_data), with TANNER's answer (response_msg) and the time that
// tanner/reporting/log_local.py of mushorg/tanner adds. What TANNER takes the
// request for is not read: the rules judge.
func tannerFormat() format {
	return format{
		name:  "tanner",
		about: "requests to SNARE decoys as TANNER logs them in JSON",
		sniff: func(s *sniffed) bool { return s.has("peer") && s.has("path") && s.has("uuid", "response_msg") },
		start: func(l []byte) (sensor string, at time.Time, ok bool) {
			var rec tannerRecord
			ok = newTannerDecoder().parse(&rec, l, string(l)) == ""
			return rec.sensor, rec.at, ok
		},
		newDecoder:   func(*event.FieldSet) decoder { return newTannerDecoder() },
		newAssembler: func(set *aggregate.Set, _ *event.FieldSet) assembler { return newTannerVisits(set) },
	}
}

// A tannerRecord is one request to a decoy.
type tannerRecord struct {
	accessRecord
	sensor string // uuid of the decoy
	body   string // a form, as post_data tells it
}

// A tannerDecoder decodes lines tolerantly. It belongs to one goroutine.
type tannerDecoder struct {
	json   *lines.JSON
	rec    *tannerRecord
	status event.Value
}

func newTannerDecoder() *tannerDecoder { return &tannerDecoder{json: lines.NewTolerantJSON()} }

func (d *tannerDecoder) decode(b *Batch, i int) (fate, string) {
	rec := &recordsOf[tannerRecord](b)[i]
	if why := d.parse(rec, b.raw(i), b.str(i)); why != "" {
		return rejected, why
	}
	rec.hash = hashLine(b.raw(i))
	return pending, ""
}

// parse reads a line and returns why it cannot, or "".
func (d *tannerDecoder) parse(rec *tannerRecord, l []byte, text string) string {
	*rec = tannerRecord{}
	d.rec, d.status = rec, event.Value{}
	d.json.Reset(l, text)
	if err := d.json.Object(d.member); err != nil {
		return lines.Reason(err, l)
	}
	return d.finish()
}

func (d *tannerDecoder) member(name string) error {
	rec, j := d.rec, d.json
	switch name {
	case "timestamp":
		return j.Text(&rec.ts)
	case "method":
		return j.Text(&rec.method)
	case "path":
		return j.Text(&rec.url)
	case "uuid":
		return j.Text(&rec.sensor)
	case "status":
		return j.Number(&d.status)
	case "headers":
		return j.Value(&rec.headers)
	case "post_data":
		return d.form()
	case "peer":
		if j.Peek() == '{' {
			return j.Members(d.peer)
		}
	}
	return j.Skip()
}

func (d *tannerDecoder) peer(name string) error {
	if name == "ip" {
		return d.json.Text(&d.rec.ip)
	}
	return d.json.Skip()
}

// form reads what was posted: TANNER logs the members of a form, which become
// a form again.
func (d *tannerDecoder) form() error {
	var v event.Value
	if err := d.json.Value(&v); err != nil {
		return err
	}
	if v.Kind == event.String {
		d.rec.body = v.Str
		return nil
	}
	var pairs []string
	for i, name := range v.Keys {
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(firstText(&v.List[i])))
	}
	d.rec.body = strings.Join(pairs, "&")
	return nil
}

// finish puts together what the members said.
func (d *tannerDecoder) finish() string {
	rec := d.rec
	rec.ts, rec.at = normalTime(rec.ts)
	ip, err := netip.ParseAddr(rec.ip)
	switch {
	case rec.url == "":
		return "no request of TANNER: the object has no path"
	case err != nil:
		return "no anchor: peer.ip is not an IP address"
	case rec.at.IsZero():
		return whyNoTime
	}
	rec.ip, rec.attacker = ip.Unmap().WithZone("").String(), event.AttackerUUID(ip).String()
	if d.status.Kind == event.Number {
		rec.status = d.status.Num
	}
	if len(rec.sensor) > maxKeyLen {
		rec.sensor = ""
	}
	rec.takeHeaders(rec.body != "")
	return ""
}

// takeHeaders reads the headers that have a field of their own. anew says that the
// body is a form that we put together: the type that the request named was of another.
func (rec *tannerRecord) takeHeaders(anew bool) {
	if rec.headers.Kind != event.Object {
		rec.headers = event.Value{}
	}
	for i := len(rec.headers.Keys) - 1; i >= 0; i-- {
		switch name := rec.headers.Keys[i]; {
		case strings.EqualFold(name, "user-agent"):
			rec.userAgent = firstText(&rec.headers.List[i])
		case strings.EqualFold(name, "referer"):
			rec.referer = firstText(&rec.headers.List[i])
		case strings.EqualFold(name, "content-type") && anew:
			rec.headers.Keys = slices.Delete(rec.headers.Keys, i, i+1)
			rec.headers.List = slices.Delete(rec.headers.List, i, i+1)
		}
	}
}

// tannerVisits is the ordered half of the reader: that of web servers' logs,
// with the body, and the decoy in the place of the log.
type tannerVisits struct {
	visits *accessVisits
	body   event.FieldID
}

func newTannerVisits(set *aggregate.Set) *tannerVisits {
	t := &tannerVisits{newAccessVisits(set), fieldOf(event.KindHTTPRequest, "body")}
	t.visits.ids.prefix = "tanner:"
	return t
}

func (t *tannerVisits) assemble(b *Batch, i int) (fate, string) {
	rec := &recordsOf[tannerRecord](b)[i]
	ev := t.visits.request(b, rec.sensor, &rec.accessRecord)
	if rec.sensor != "" {
		ev.DeckyID = event.Some(rec.sensor)
	}
	setText(ev, t.body, rec.body)
	return direct, ""
}

func (t *tannerVisits) code(c *state.Codec) { t.visits.code(c) }
