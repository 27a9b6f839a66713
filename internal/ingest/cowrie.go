package ingest

import (
	"errors"
	"strings"
	"time"

	"ttpctl/internal/engine"
)

// cowrieFormat is the row of Cowrie's JSON log (LIFTERS.md, Cowrie).
func cowrieFormat() format {
	return format{
		name:  "cowrie",
		about: "Cowrie's JSON log",
		sniff: func(s *sniffed) bool { return strings.HasPrefix(s.eventid, "cowrie.") },
		start: cowrieStart,
		newDecoder: func(*engine.FieldSet) decoder {
			return &cowrieDecoder{json: newTolerantReader()}
		},
		newAssembler: func() assembler { return newCowrieSessions(maxSessions) },
	}
}

// A cowrieRecord is what a line says, as far as it is used. Members of
// another type than expected are as good as absent.
type cowrieRecord struct {
	typ      string // eventid
	session  string
	sensor   string
	ts       string // RFC 3339, "" = absent or no time
	at       time.Time
	srcIP    string
	protocol string
	system   string
	input    engine.OptString
}

// The types that are read. Others are ignored.
const (
	cowrieConnect = "cowrie.session.connect"
	cowrieInput   = "cowrie.command.input"
)

// A cowrieDecoder decodes lines tolerantly: a bad member that is not used
// costs nothing, and of a member given twice the last counts.
type cowrieDecoder struct {
	json *jsonReader
	rec  *cowrieRecord
}

func (d *cowrieDecoder) decode(b *Batch, i int) (fate, string) {
	rec := &recordsOf[cowrieRecord](b)[i]
	if err := d.record(rec, b.raw(i), b.str(i)); err != nil {
		return rejected, reason(err, b.raw(i))
	}
	switch rec.typ {
	case cowrieConnect, cowrieInput:
		if why := rec.unusable(); why != "" {
			return rejected, why
		}
		return pending, ""
	}
	return ignored, rec.typ
}

var errNoEventID = errors.New("eventid is missing or not a string")

func (d *cowrieDecoder) record(rec *cowrieRecord, l []byte, text string) error {
	if why := checkShape(l); why != "" {
		return errors.New(why)
	}
	*rec = cowrieRecord{}
	d.rec = rec
	d.json.reset(l, text)
	if err := d.json.object(d.member); err != nil {
		return err
	}
	if rec.typ == "" {
		return errNoEventID
	}
	rec.ts, rec.at = normalTime(rec.ts)
	return nil
}

func (d *cowrieDecoder) member(name string) error {
	rec := d.rec
	switch name {
	case "eventid":
		return d.json.textMember(&rec.typ)
	case "session":
		return d.json.textMember(&rec.session)
	case "sensor":
		return d.json.textMember(&rec.sensor)
	case "timestamp":
		return d.json.textMember(&rec.ts)
	case "src_ip":
		return d.json.textMember(&rec.srcIP)
	case "protocol":
		return d.json.textMember(&rec.protocol)
	case "system":
		return d.json.textMember(&rec.system)
	case "input":
		rec.input.Valid = d.json.peek() == '"'
		return d.json.textMember(&rec.input.Value)
	}
	return d.json.skip()
}

// maxKeyLen bounds the names that session state is kept under, in bytes. A
// session id of Cowrie's has 12 characters.
const maxKeyLen = 256

// unusable returns why a record of a type that is read cannot be used, or "".
func (rec *cowrieRecord) unusable() string {
	switch {
	case rec.session == "":
		return "session is missing or not a string"
	case len(rec.session) > maxKeyLen || len(rec.sensor) > maxKeyLen:
		return "session or sensor name too long"
	case rec.typ == cowrieInput && !rec.input.Valid:
		return "input is missing or not a string"
	}
	return ""
}

// service returns the service that the line itself names: its protocol.
func (rec *cowrieRecord) service(connect string) string {
	switch {
	case rec.protocol != "":
		return rec.protocol
	case connect != "":
		return connect
	case strings.Contains(rec.system, "Telnet"):
		return "telnet"
	case strings.Contains(rec.system, "SSH"):
		return "ssh"
	}
	return ""
}

func cowrieStart(l []byte) (sensor string, at time.Time, ok bool) {
	d := &cowrieDecoder{json: newTolerantReader()}
	var rec cowrieRecord
	if d.record(&rec, l, string(l)) != nil || rec.at.IsZero() {
		return "", time.Time{}, false
	}
	return rec.sensor, rec.at, true
}

// normalTime returns a time of a Cowrie log as RFC 3339: a blank may stand
// for the T, the zone may lack its colon, and without a zone it is UTC. Digits
// and offset stay as written. "" when s is no time.
func normalTime(s string) (string, time.Time) {
	const date = len("2006-01-02")
	if t, ok := parseTime(s); ok {
		return s, t
	}
	if len(s) <= date {
		return "", time.Time{}
	}
	if s[date] == ' ' {
		s = s[:date] + "T" + s[date+1:]
	}
	zone := strings.LastIndexAny(s, "Zz+-")
	switch {
	case zone < date:
		s += "Z"
	case len(s)-zone == len("+0000"):
		s = s[:zone+3] + ":" + s[zone+3:]
	}
	if t, ok := parseTime(s); ok {
		return s, t
	}
	return "", time.Time{}
}
