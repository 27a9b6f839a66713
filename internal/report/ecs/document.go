package ecs

import (
	"net/netip"
	"strings"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/report/traces"
)

// append appends the document of one tag, its members by the names of the schema and
// in the order of the table in docs/formats.md.
func (w *Writer) append(dst []byte, t *event.Tag) []byte {
	w.read(t)
	k := w.wordsOf(t)
	dst = appendTime(append(dst, '{'), t.ObservedAt)
	dst, _ = t.UUID.AppendText(append(dst, w.begin...))
	dst = append(dst, `","kind":"alert","category":["intrusion_detection"],"type":["info"],"module":"ttpctl","dataset":"ttpctl.tag","provider":"ttpctl","action":`...)
	dst = append(event.AppendQuoted(dst, traces.Text(t.SourceKind)), k.technique...)

	var room [48]byte
	var source []byte // the attacker's address, if it is one
	if a, err := netip.ParseAddr(t.AttackerIP); err == nil {
		source = a.Unmap().WithZone("").AppendTo(room[:0])
		dst = append(append(append(dst, `,"source":{"ip":"`...), source...), `","address":"`...)
		dst = append(append(dst, source...), `"}`...)
	}
	dst = append(optional(append(dst, w.middle...), `,"name":`, traces.Text(t.DeckyID.Value)), '}')
	dst = append(append(dst, w.owner...), w.fields...)
	dst = appendRelated(dst, source, &w.traces)

	dst = event.AppendQuoted(append(dst, k.confidence...), traces.Text(t.SourceID))
	dst = optional(dst, `,"session_id":`, traces.Text(t.SessionID.Value))
	dst = optional(dst, `,"attacker_uuid":`, traces.Text(t.AttackerUUID))
	dst = optional(dst, `,"identity_uuid":`, traces.Text(t.IdentityUUID))
	dst = append(dst, k.release...)
	for i := range w.traces.URLs {
		dst = event.AppendQuoted(item(dst, `,"urls":[`, i), w.traces.URLs[i].Text)
	}
	return append(closed(dst, len(w.traces.URLs)), "}}"...)
}

// appendTime appends a time that Elasticsearch takes for a date, nothing for what is
// none.
func appendTime(dst []byte, s string) []byte {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		return dst
	}
	return append(at.UTC().AppendFormat(append(dst, `"@timestamp":"`...), time.RFC3339Nano), `",`...)
}

// optional appends a member behind its name, nothing where it has no value.
func optional(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return event.AppendQuoted(append(dst, name...), value)
}

// item begins the item i of a list: behind the list's name, or behind another.
func item(dst []byte, name string, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return append(dst, name...)
}

// closed ends a list of n items; one of none was never begun.
func closed(dst []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	return append(dst, ']')
}

// appendTraces appends what the evidence shows, in the fields that there are for it.
func appendTraces(dst []byte, s *traces.Traces) []byte {
	field := func(name, value string) {
		if value != "" {
			dst = append(event.AppendQuoted(append(dst, name...), value), '}')
		}
	}
	field(`,"process":{"command_line":`, s.Command)
	field(`,"url":{"original":`, s.Request)
	field(`,"user_agent":{"original":`, s.UserAgent)
	field(`,"user":{"name":`, s.User)
	if s.File == (traces.File{}) {
		return dst
	}
	dst = optional(append(dst, `,"file":{`...), `"name":`, s.File.Name)
	if s.File.Hash != "" {
		if s.File.Name != "" {
			dst = append(dst, ',')
		}
		name := strings.ToLower(strings.ReplaceAll(s.File.Algorithm, "-", ""))
		field(`"hash":{"`+name+`":`, s.File.Hash)
	}
	return append(dst, '}')
}

// appendRelated appends all that a search for an address, a name, a hash or a user
// should find, each once.
func appendRelated(dst, source []byte, s *traces.Traces) []byte {
	const open = `,"related":{`
	start := len(dst)
	dst = append(dst, open...)
	n := 0
	if source != nil {
		dst = append(append(append(dst, `"ip":["`...), source...), '"')
		n++
	}
	for i := range s.URLs {
		if u := &s.URLs[i]; u.Addr.IsValid() && u.Host != string(source) && !named(s.URLs[:i], u.Host) {
			dst = event.AppendQuoted(item(dst, `"ip":[`, n), u.Host)
			n++
		}
	}
	dst = closed(dst, n)
	list := func(name string, value string, i int) {
		if i == 0 && len(dst) > start+len(open) {
			dst = append(dst, ',')
		}
		dst = event.AppendQuoted(item(dst, name, i), value)
	}
	n = 0
	for i := range s.URLs {
		if u := &s.URLs[i]; !u.Addr.IsValid() && !named(s.URLs[:i], u.Host) {
			list(`"hosts":[`, u.Host, n)
			n++
		}
	}
	dst = closed(dst, n)
	if s.File.Hash != "" {
		list(`"hash":[`, s.File.Hash, 0)
		dst = append(dst, ']')
	}
	if s.User != "" {
		list(`"user":[`, s.User, 0)
		dst = append(dst, ']')
	}
	if len(dst) == start+len(open) {
		return dst[:start]
	}
	return append(dst, '}')
}

// named reports whether one of urls is of host.
func named(urls []traces.URL, host string) bool {
	for i := range urls {
		if urls[i].Host == host {
			return true
		}
	}
	return false
}
