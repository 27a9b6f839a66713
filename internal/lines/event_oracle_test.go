package lines

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"ttpctl/internal/event"
)

// An oracleReader is an [EventReader] as plain as can be: jsontext, a map of
// names, and values checked when they are set.
type oracleReader struct {
	wants func(event.FieldID) bool
	json  *oracleJSON
	ev    *event.Event
	given Given
	late  string
}

func (r *oracleReader) read(ev *event.Event, line []byte) (Given, error) {
	if why := CheckShape(line); why != "" {
		return Given{}, errors.New(why)
	}
	r.ev, r.json = ev, newStrictOracle()
	r.json.Reset(line, string(line))
	if err := r.json.Object(r.member); err != nil {
		return r.given, err
	}
	if r.late != "" && ev.Kind != event.KindUnknown {
		r.json.Reset([]byte(r.late), r.late)
		if err := r.json.Object(r.field); err != nil {
			return r.given, err
		}
	}
	r.given.Addr, _ = netip.ParseAddr(r.given.IP)
	return r.given, nil
}

func (r *oracleReader) member(name string) (err error) {
	ev, j := r.ev, r.json
	optional := func(s *event.OptString) error {
		s.Valid = j.Peek() == '"'
		return j.TextOrNull(&s.Value, name)
	}
	switch name {
	case "source_kind":
		var kind string
		err = j.TextOrNull(&kind, name)
		ev.SetKind(kind)
		return err
	case "source_id":
		return j.TextOrNull(&ev.SourceID, name)
	case "attacker_uuid":
		r.given.Attacker = true
		return j.TextOrNull(&ev.AttackerUUID, name)
	case "identity_uuid":
		r.given.Identity = true
		return j.TextOrNull(&ev.IdentityUUID, name)
	case "attacker_ip":
		return j.TextOrNull(&r.given.IP, name)
	case "session_id":
		return optional(&ev.SessionID)
	case "decky_id":
		return optional(&ev.DeckyID)
	case "ts":
		given := j.Peek() == '"'
		if err := j.TextOrNull(&ev.TS, name); err != nil || !given {
			return err
		}
		var ok bool
		if ev.Time, ok = slowTime(ev.TS); !ok {
			return errBadTime
		}
		return nil
	case "payload":
		switch j.Peek() {
		case '{':
			r.given.Payload = true
		case 'n', 0:
			return j.Skip()
		default:
			return errPayload
		}
		if ev.Kind != event.KindUnknown {
			return j.Members(r.field)
		}
		r.late, err = j.Raw()
		return err
	}
	return j.Skip()
}

func (r *oracleReader) field(name string) error {
	id, ok := event.LookupField(r.ev.Kind, name)
	if !ok || !r.wants(id) || !admits(id.Field().Type, r.json.Peek()) {
		return r.json.Skip()
	}
	var v event.Value
	err := r.json.Value(&v)
	if err == nil {
		r.ev.Set(id, v)
	}
	return err
}

// eventLines are events of all kinds of shapes.
func eventLines() []string {
	const head = `{"source_kind":"command","source_id":"s#cmd1","attacker_ip":"203.0.113.9","ts":"2026-03-18T10:26:59.715732Z",`
	return []string{
		`{"source_kind": "command", "source_id": "s0#cmd1", "attacker_uuid": null, "attacker_ip": "203.0.0.7", "identity_uuid": null, "session_id": "s0", "decky_id": "decoy-01", "ts": "2026-09-14T01:12:01.000001Z", "payload": {"command_text": "grep -l \"passw\" /etc", "uid": 0, "user": "root", "src": "203.0.0.7", "pwd": "/root", "service": "ssh", "decky": "decoy-01"}}`,
		head + `"payload":{}}`, head + `"payload":null}`, head + `"payload":[]}`, head + `"payload":{},"payload":{}}`, head + `"payload":{"uid":0,"uid":1}}`, head + `"payload":{"uid":"0","\u0075id":1}}`,
		head + `"payload":{"command_text":5,"uid":true,"user":null,"src":[],"pwd":{"a":"b"},"service":"\ud83d"}}`, head + `"payload":{"uid":1e999,"user":"x"}}`, head + `"payload":{"simple_command":["ls"],"commands_left_out":1}}`,
		`{"payload":{"command_text":"ls","uid":7},"source_kind":"command","source_id":"a","attacker_uuid":"b"}`, `{"payload":{"a":{"b":1,"b":2}},"source_kind":"command"}`, `{"payload":{"a":1},"source_kind":"no such"}`,
		`{"source_kind":"session","source_id":"s","attacker_uuid":"a","payload":{"commands":["ls",{"text":"id"},5,null],"signals":["a",1,"b"],"duration_s":1.5,"llmnr_poisoned":true,"key_fingerprints":"x"}}`,
		`{"source_kind":"http_request","source_id":"s","attacker_uuid":"a","payload":{"headers":{"Host":"a","X":["b",2],"Host":"c"},"status":404}}`, `{"source_kind":"http_request","source_id":"s","attacker_uuid":"a","payload":{"headers":{"Host":"a","X":["b",2]},"status":404}}`,
		`{"source_kind":"intel","source_id":"s","attacker_uuid":"a","payload":{"abuseipdb_categories":[18,"x",22],"greynoise_tags":["a",{"name":"b"},1],"threatfox_confidence":"75"}}`,
		`{"source_kind":5}`, `{"source_id" 5}`, `{"source_id":}`, `{"ts":"yesterday"}`, `{"ts":5}`, `{"ts":null,"session_id":null,"decky_id":7}`, `{"attacker_ip":"nowhere"}`, `{"attacker_ip":"::ffff:1.2.3.4"}`, `{"attacker_ip":"fe80::1%eth0"}`,
		`{"source_kind":"command","source_kind":"session"}`, `{"x":` + "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" + `1`,
	}
}

// FuzzEventReaderEqualsPlain holds the reader of events to a plain one, with all
// fields and with some.
func FuzzEventReaderEqualsPlain(f *testing.F) {
	for _, l := range append(oddLines(), eventLines()...) {
		f.Add([]byte(l), uint8(0))
		f.Add([]byte(l), uint8(0x55))
	}
	f.Fuzz(func(t *testing.T, line []byte, without uint8) {
		wants := func(id event.FieldID) bool { return without>>(id%8)&1 == 0 }
		var got, want event.Event
		given, err := NewEventReader(EventRules{Wants: wants}).Read(&got, line, string(line))
		plainly, plainErr := (&oracleReader{wants: wants}).read(&want, line)
		if why, because := reasonOf(err, line), reasonOf(plainErr, line); why != because {
			t.Fatalf("%q: %q, want %q", cut(line), why, because)
		}
		if err == nil && (!reflect.DeepEqual(given, plainly) || !reflect.DeepEqual(fields(&got), fields(&want))) {
			t.Errorf("%q reads as\n%v, %v\nwant\n%v, %v", cut(line), fields(&got), given, fields(&want), plainly)
		}
	})
}

func reasonOf(err error, line []byte) string {
	if err == nil {
		return ""
	}
	return Reason(err, line)
}

// fields returns what there is to say of an event.
func fields(ev *event.Event) []any {
	all := []any{ev.SourceKind, ev.Kind, ev.SourceID, ev.AttackerUUID, ev.IdentityUUID, ev.SessionID, ev.DeckyID, ev.TS, ev.Time}
	for _, id := range event.FieldsOf(ev.Kind) {
		if v := ev.Value(id); v != nil {
			all = append(all, id, *v)
		}
	}
	return all
}
