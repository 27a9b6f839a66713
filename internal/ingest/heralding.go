package ingest

import (
	"bytes"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/lines"
	"ttpctl/internal/state"
)

// heraldingFormat is the row of what Heralding, a decoy that only takes
// credentials, logs of each login attempt, as JSON Lines or CSV.
// https://github.com/johnnykv/heralding
func heraldingFormat() format {
	return format{
		name:       "heralding",
		about:      "login attempts of Heralding as JSON Lines or CSV",
		sniff:      sniffHeralding,
		start:      heraldingStart,
		newDecoder: func(*event.FieldSet) decoder { return &heraldingDecoder{json: lines.NewTolerantJSON()} },
		newAssembler: func(set *aggregate.Set, _ *event.FieldSet) assembler {
			return newHeraldingLogins(set)
		},
	}
}

func sniffHeralding(s *sniffed) bool {
	if len(s.line) > 0 && s.line[0] != '{' {
		var d heraldingDecoder
		var rec heraldingRecord
		if bytes.HasPrefix(s.line, []byte("timestamp,auth_id,")) {
			return true
		}
		_, at := normalTime(strings.SplitN(string(s.line[:min(len(s.line), 64)]), ",", 2)[0])
		return !at.IsZero() && d.row(&rec, string(s.line)) == nil
	}
	return s.eventid == "" && s.source == "" && s.has("session", "session_id") && s.has("src_ip", "source_ip") &&
		s.has("service", "protocol") && s.has("username") && s.has("password") && s.has("timestamp")
}

// A heraldingRecord is one attempt to log in.
type heraldingRecord struct {
	session, sensor, service string
	srcIP, username          string
	password                 event.OptString
	success                  bool
	ts                       string // RFC 3339, "" = absent or no time
	at                       time.Time
	attacker                 string // uuid of srcIP
	hasAttempt               bool
}

// A heraldingDecoder decodes lines tolerantly, like those of Cowrie.
type heraldingDecoder struct {
	json  *lines.JSON
	rec   *heraldingRecord
	cells []string // of a row of CSV
}

func (d *heraldingDecoder) decode(b *Batch, i int) (fate, string) {
	rec := &recordsOf[heraldingRecord](b)[i]
	err := d.record(rec, b.raw(i), b.str(i))
	switch {
	case errors.Is(err, errHeraldingHeader):
		return ignored, err.Error()
	case errors.Is(err, errHeraldingRow), errors.Is(err, errOpenQuote):
		return rejected, err.Error()
	case err != nil:
		return rejected, lines.Reason(err, b.raw(i))
	}
	switch {
	case !rec.hasAttempt && rec.session != "":
		return ignored, "line without username and password"
	case rec.session == "" || len(rec.session) > maxKeyLen || len(rec.sensor) > maxKeyLen:
		return rejected, "session is missing, not a string or too long"
	case rec.attacker == "":
		return rejected, "no anchor: src_ip is not an IP address"
	case rec.ts == "":
		return rejected, whyNoTime
	}
	return pending, ""
}

func (d *heraldingDecoder) record(rec *heraldingRecord, l []byte, text string) error {
	*rec = heraldingRecord{}
	if err := d.fill(rec, l, text); err != nil {
		return err
	}
	rec.ts, rec.at = normalTime(rec.ts)
	if len(rec.service) > maxServiceLen {
		rec.service = ""
	}
	if ip, err := netip.ParseAddr(rec.srcIP); err == nil {
		rec.srcIP = ip.Unmap().WithZone("").String()
		rec.attacker = event.AttackerUUID(ip).String()
	}
	return nil
}

// fill reads what a line says.
func (d *heraldingDecoder) fill(rec *heraldingRecord, l []byte, text string) error {
	if len(l) > 0 && l[0] != '{' {
		return d.row(rec, text)
	}
	d.rec = rec
	d.json.Reset(l, text)
	return d.json.Object(d.member)
}

func (d *heraldingDecoder) member(name string) error {
	rec := d.rec
	switch name {
	case "session", "session_id":
		return d.json.Text(&rec.session)
	case "sensor", "sensor_name":
		return d.json.Text(&rec.sensor)
	case "service", "protocol":
		return d.json.Text(&rec.service)
	case "src_ip", "source_ip":
		return d.json.Text(&rec.srcIP)
	case "timestamp":
		return d.json.Text(&rec.ts)
	case "username":
		rec.hasAttempt = true
		return d.json.Text(&rec.username)
	case "password":
		rec.hasAttempt = true
		return d.json.OptText(&rec.password)
	case "success":
		rec.success = d.json.Peek() == 't'
	}
	return d.json.Skip()
}

func heraldingStart(l []byte) (sensor string, at time.Time, ok bool) {
	d := &heraldingDecoder{json: lines.NewTolerantJSON()}
	var rec heraldingRecord
	if d.record(&rec, l, string(l)) != nil || rec.at.IsZero() {
		return "", time.Time{}, false
	}
	return rec.sensor, rec.at, true
}

// heraldingLogins is the ordered half of the reader: it counts equal times of
// a session, for ids, and feeds the aggregates.
type heraldingLogins struct {
	set    *aggregate.Set
	times  *state.Table[sessionKey, *timeCounts]
	fields heraldingFields
}

type heraldingFields struct{ username, password, service, method, result, priorBrute, defaultAttempt event.FieldID }

func newHeraldingLogins(set *aggregate.Set) *heraldingLogins {
	const k = event.KindAuthAttempt
	return &heraldingLogins{set: set, times: state.NewTable[sessionKey, *timeCounts](maxClosed), fields: heraldingFields{
		fieldOf(k, "username"), fieldOf(k, "password"), fieldOf(k, "service"), fieldOf(k, "method"), fieldOf(k, "result"),
		fieldOf(k, "prior_brute"), fieldOf(k, "default_attempt"),
	}}
}

func (h *heraldingLogins) assemble(b *Batch, i int) (fate, string) {
	rec := &recordsOf[heraldingRecord](b)[i]
	h.set.Line(rec.sensor, rec.at, b.emitter())
	id := rec.session + "#auth@" + rec.ts + "." + strconv.Itoa(h.count(rec))
	verdict := h.set.Login(&aggregate.Login{
		Sensor: rec.sensor, Service: rec.service, Session: rec.session, Attacker: rec.attacker, IP: rec.srcIP,
		Username: rec.username, Password: rec.password, Success: rec.success, At: rec.at, TS: rec.ts,
	}, b.emitter())
	switch {
	case verdict.Foreign:
		return ignored, foreignLogin
	case !verdict.First && !verdict.DefaultAttempt:
		return absorbed, ""
	}
	h.event(&b.addEvent().Event, rec, id, verdict)
	return direct, ""
}

// event fills in the event of the attempt rec.
func (h *heraldingLogins) event(ev *event.Event, rec *heraldingRecord, id string, verdict aggregate.Verdict) {
	ev.SetKind(event.KindAuthAttempt.String())
	ev.SourceID, ev.SessionID = id, event.Some(rec.session)
	ev.AttackerUUID, ev.AttackerIP = rec.attacker, rec.srcIP
	if rec.sensor != "" {
		ev.DeckyID = event.Some(rec.sensor)
	}
	ev.TS, ev.Time = rec.ts, rec.at
	f, result := &h.fields, "fail"
	if rec.success {
		result = "success"
	}
	ev.Set(f.username, event.StringValue(rec.username))
	if rec.password.Valid {
		ev.Set(f.password, event.StringValue(rec.password.Value))
	}
	setText(ev, f.service, rec.service)
	ev.Set(f.method, event.StringValue("password"))
	ev.Set(f.result, event.StringValue(result))
	if verdict.PriorBrute {
		ev.Set(f.priorBrute, event.BoolValue(true))
	}
	if verdict.DefaultAttempt {
		ev.Set(f.defaultAttempt, event.BoolValue(true))
	}
}

// count returns how many attempts of rec's session at its time came before.
func (h *heraldingLogins) count(rec *heraldingRecord) int {
	e := h.times.Find(sessionKey{rec.sensor, rec.session})
	if e == nil {
		e = h.times.Add(sessionKey{strings.Clone(rec.sensor), strings.Clone(rec.session)}, &timeCounts{}, 1)
		h.times.Overflow()
	}
	return e.Value.count(rec.at)
}

func (h *heraldingLogins) code(c *state.Codec) {
	h.times.Code(c, codeSessionKey, func(c *state.Codec, t **timeCounts) {
		if c.Reading() {
			*t = &timeCounts{}
		}
		(*t).code(c)
	}, func(**timeCounts) int { return 1 })
}
