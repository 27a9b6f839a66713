package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
)

// Bounds of one row: a line may be a stranger's.
const (
	maxDepth  = 64
	maxValues = 1 << 16
)

// A decoder reads rows from lines. It belongs to one goroutine.
type decoder struct {
	known  func(ruleID string) bool // nil = rule ids are not checked
	fields *event.FieldSet          // payload fields to keep

	dec    jsontext.Decoder
	buf    bytes.Buffer
	opts   []json.Options
	line   []byte
	depth  int
	values int
}

func newDecoder(known func(string) bool, fields *event.FieldSet) *decoder {
	return &decoder{known: known, fields: fields, opts: []json.Options{jsontext.AllowInvalidUTF8(true)}}
}

// given notes which anchors a row names: absent ones are filled, null is kept.
type given struct {
	attacker, identity, payload bool
	ip                          string
	late                        []byte // a payload that stood before source_kind
}

// decode reads line into row, which is empty.
func (d *decoder) decode(line []byte, row *Row) error {
	d.line, d.depth, d.values = line, 0, 0
	d.reset(line)
	if d.dec.PeekKind() != '{' {
		return errors.New("not a JSON object")
	}
	var g given
	if err := d.members(func(name string) error { return d.member(row, name, &g) }); err != nil {
		return readable(err)
	}
	if _, err := d.dec.ReadToken(); err != io.EOF {
		return errors.New("data after the JSON object")
	}
	return d.complete(row, &g)
}

func (d *decoder) reset(b []byte) {
	d.buf = *bytes.NewBuffer(b)
	d.dec.Reset(&d.buf, d.opts...)
}

// complete checks what the row must have and fills what it may lack.
func (d *decoder) complete(row *Row, g *given) error {
	ev := &row.Event
	switch {
	case ev.SourceKind == "":
		return errors.New("source_kind is missing")
	case !g.payload:
		return errors.New("payload is missing")
	}
	if g.late != nil {
		d.reset(g.late)
		if err := d.payload(ev); err != nil {
			return readable(err)
		}
	}
	if ev.SourceID == "" {
		ev.SourceID = rowSourceID
	}
	if g.ip != "" {
		ip, err := netip.ParseAddr(g.ip)
		if err != nil {
			return errors.New("attacker_ip is not an IP address")
		}
		ev.Anchor(ip)
		ev.AttackerIP = ip.Unmap().WithZone("").String()
	}
	if ev.AttackerUUID == "" && !g.attacker {
		ev.AttackerUUID = rowAttacker
	}
	if ev.IdentityUUID == "" && !g.identity {
		ev.IdentityUUID = rowIdentity
	}
	return nil
}

// member reads the value of one top-level member; what the format does not
// name is skipped.
func (d *decoder) member(row *Row, name string, g *given) (err error) {
	ev := &row.Event
	switch name {
	case "source_kind":
		var kind string
		err = d.str(name, &kind)
		ev.SetKind(kind)
	case "source_id":
		err = d.str(name, &ev.SourceID)
	case "attacker_uuid":
		g.attacker = true
		err = d.str(name, &ev.AttackerUUID)
	case "identity_uuid":
		g.identity = true
		err = d.str(name, &ev.IdentityUUID)
	case "attacker_ip":
		err = d.str(name, &g.ip)
	case "session_id":
		err = d.optional(name, &ev.SessionID)
	case "decky_id":
		err = d.optional(name, &ev.DeckyID)
	case "ts":
		return d.time(ev)
	case "payload":
		return d.object(ev, g)
	case "label":
		err = d.str(name, &row.Label)
	case "note":
		err = d.str(name, &row.Note)
	case "expected_rule_ids":
		row.Labelled = d.dec.PeekKind() != 'n'
		row.Expected, err = d.rules(name)
	case "judged_rule_ids":
		row.Judged, err = d.rules(name)
	case "expected_techniques":
		row.Techniques, err = d.techniques(name)
	default:
		return d.dec.SkipValue()
	}
	return err
}

func (d *decoder) optional(name string, s *event.OptString) error {
	s.Valid = d.dec.PeekKind() == '"'
	return d.str(name, &s.Value)
}

func (d *decoder) time(ev *event.Event) error {
	if err := d.str("ts", &ev.TS); err != nil || ev.TS == "" {
		return err
	}
	var err error
	if ev.Time, err = time.Parse(time.RFC3339, ev.TS); err != nil {
		return errors.New("ts is not an RFC 3339 time")
	}
	return nil
}

// str reads a string or null into *s.
func (d *decoder) str(name string, s *string) error {
	switch d.dec.PeekKind() {
	case '"':
		tok, err := d.dec.ReadToken()
		if err == nil {
			*s = tok.String()
		}
		return err
	case 'n', jsontext.KindInvalid:
		return d.dec.SkipValue()
	}
	return fmt.Errorf("%s is not a string", name)
}

// strings reads a list of strings or null, which is nil.
func (d *decoder) strings(name string) ([]string, error) {
	switch d.dec.PeekKind() {
	case '[':
	case 'n', jsontext.KindInvalid:
		return nil, d.dec.SkipValue()
	default:
		return nil, fmt.Errorf("%s is not a list of strings", name)
	}
	list := []string{}
	_, err := d.dec.ReadToken()
	for err == nil && d.dec.PeekKind() == '"' {
		var tok jsontext.Token
		if tok, err = d.dec.ReadToken(); err == nil {
			list = append(list, tok.String())
		}
		if len(list) > maxValues {
			return nil, fmt.Errorf("%s holds more than %d values", name, maxValues)
		}
	}
	if err != nil {
		return nil, err
	}
	if k := d.dec.PeekKind(); k != ']' && k != jsontext.KindInvalid {
		return nil, fmt.Errorf("%s is not a list of strings", name)
	}
	_, err = d.dec.ReadToken()
	return list, err
}

func (d *decoder) rules(name string) ([]string, error) {
	ids, err := d.strings(name)
	for _, id := range ids {
		if d.known != nil && !d.known(id) {
			return nil, fmt.Errorf("%s names %q: no such rule", name, cut(id, 64))
		}
	}
	return ids, err
}

func (d *decoder) techniques(name string) ([]string, error) {
	ids, err := d.strings(name)
	for _, id := range ids {
		if _, ok := attack.Default().Find(id); !ok {
			return nil, fmt.Errorf("%s names %q: no such technique in ATT&CK %s", name, cut(id, 64), attack.Default().Release())
		}
	}
	return ids, err
}

// object reads the payload, or keeps it for later when the kind, and with it
// the meaning of its members, is not known yet.
func (d *decoder) object(ev *event.Event, g *given) error {
	switch d.dec.PeekKind() {
	case '{':
		g.payload = true
	case 'n', jsontext.KindInvalid:
		return d.dec.SkipValue()
	default:
		return errors.New("payload is not an object")
	}
	if ev.SourceKind != "" {
		return d.payload(ev)
	}
	raw, err := d.dec.ReadValue()
	end := int(d.dec.InputOffset())
	g.late = d.line[end-len(raw) : end]
	return err
}

func (d *decoder) payload(ev *event.Event) error {
	return d.members(func(name string) error {
		id, ok := event.LookupField(ev.Kind, name)
		if !ok || !d.fields.Has(id) {
			return d.dec.SkipValue()
		}
		var v event.Value
		if err := d.value(&v); err != nil {
			return err
		}
		ev.Set(id, v)
		return nil
	})
}

// members reads an object, calling f at each member's value.
func (d *decoder) members(f func(name string) error) error {
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	for d.dec.PeekKind() == '"' {
		tok, err := d.dec.ReadToken()
		if err != nil {
			return err
		}
		if err := f(tok.String()); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

// value reads any value; a number beyond float64 is absent, as null is.
func (d *decoder) value(v *event.Value) error {
	if d.values++; d.values > maxValues {
		return fmt.Errorf("more than %d values", maxValues)
	}
	switch d.dec.PeekKind() {
	case '"':
		v.Kind = event.String
		return d.str("", &v.Str)
	case '0':
		raw, err := d.dec.ReadValue()
		if err != nil {
			return err
		}
		if n, err := strconv.ParseFloat(string(raw), 64); err == nil {
			*v = event.NumberValue(n)
		}
		return nil
	case 't', 'f':
		tok, err := d.dec.ReadToken()
		if err == nil {
			*v = event.BoolValue(tok.Bool())
		}
		return err
	case '[', '{':
		return d.nested(v)
	}
	return d.dec.SkipValue()
}

func (d *decoder) nested(v *event.Value) error {
	if d.depth++; d.depth > maxDepth {
		return fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	defer func() { d.depth-- }()
	add := func() error {
		v.List = append(v.List, event.Value{})
		return d.value(&v.List[len(v.List)-1])
	}
	if d.dec.PeekKind() == '{' {
		v.Kind = event.Object
		return d.members(func(name string) error {
			v.Keys = append(v.Keys, name)
			return add()
		})
	}
	v.Kind = event.List
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	for k := d.dec.PeekKind(); k != ']' && k != jsontext.KindInvalid; k = d.dec.PeekKind() {
		if err := add(); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

// readable says in a few words what is wrong with the JSON of a line.
func readable(err error) error {
	var se *jsontext.SyntacticError
	switch {
	case !errors.As(err, &se):
		return err
	case errors.Is(se.Err, jsontext.ErrDuplicateName):
		return errors.New("duplicate key")
	case errors.Is(se.Err, io.ErrUnexpectedEOF):
		return errors.New("invalid JSON: it ends too early")
	}
	return fmt.Errorf("invalid JSON: %w", se.Err)
}
