package bus

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// kinds are what messages of other systems tell, by subject; "" is of what the
// message names itself (DESIGN.md, section 5).
var kinds = [...]struct{ pattern, kind string }{
	{"attacker.session.ended", "session"},
	{"attacker.observed", ""},
	{"attacker.intel.enriched", "intel"},
	{"attacker.fingerprinted", "http_fingerprint"},
	{"identity.formed", "identity"},
	{"identity.merged", "identity"},
	{"credential.reuse.detected", "credential"},
	{"email.received", "email"},
	{"canary.>", "canary_fingerprint"},
}

// Subjects returns the subjects, with wildcards, of messages that tell of events.
func Subjects() []string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = k.pattern
	}
	return all
}

// Known reports whether messages of a subject tell of events.
func Known(subject string) bool {
	_, known := kindOf(subject)
	return known
}

func kindOf(subject string) (kind string, known bool) {
	words := strings.Split(subject, ".")
	for _, k := range kinds {
		if matches(strings.Split(k.pattern, "."), words) {
			return k.kind, true
		}
	}
	return "", false
}

// idMembers are the members of a message that tell it from others, the best
// first.
var idMembers = [...]string{"source_id", "session_id", "token_id", "identity_uuid", "credential_id", "attacker_uuid", "uuid"}

// envelopeMembers are those of an event beside its payload.
var envelopeMembers = [...]string{"source_kind", "source_id", "attacker_uuid", "identity_uuid", "attacker_ip", "session_id", "decky_id", "ts"}

// Errors of messages.
var (
	errObject = errors.New("not a JSON object")
	errKind   = errors.New("the message does not name its source_kind, and its subject tells of none")
	errID     = errors.New("none of " + strings.Join(idMembers[:], ", ") + " is there: the same message could not be known again")
)

// Event returns the event (EVENTS.md, section 1) that a message of a known
// subject tells of, as one line of JSON. A message that names its kind keeps it.
// One without a payload is its own payload.
func Event(subject string, message []byte) ([]byte, error) {
	var m map[string]jsontext.Value
	if err := json.Unmarshal(message, &m); err != nil || m == nil {
		return nil, errObject
	}
	event := map[string]jsontext.Value{}
	for _, name := range envelopeMembers {
		if v, ok := m[name]; ok {
			event[name] = v
		}
	}
	if textOf(m["source_kind"]) == "" {
		kind, _ := kindOf(subject)
		if kind == "" {
			return nil, errKind
		}
		event["source_kind"] = quoted(kind)
	}
	id := ""
	for _, name := range idMembers {
		if id = textOf(m[name]); id != "" {
			break
		}
	}
	if id == "" {
		return nil, errID
	}
	event["source_id"] = quoted(id)
	event["payload"] = m["payload"]
	if m["payload"].Kind() != '{' {
		event["payload"] = payloadOf(m)
	}
	return json.Marshal(event, json.Deterministic(true))
}

// payloadOf returns a message as its own payload.
func payloadOf(m map[string]jsontext.Value) jsontext.Value {
	b, err := json.Marshal(m, json.Deterministic(true))
	if err != nil { // it was read as JSON a moment ago
		panic("bus: " + err.Error())
	}
	return b
}

// textOf returns the text of a JSON string, "" of anything else.
func textOf(v jsontext.Value) (s string) {
	if v.Kind() != '"' || json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

func quoted(s string) jsontext.Value {
	v, err := jsontext.AppendQuote(nil, s)
	if err != nil { // the text was read from valid JSON
		panic("bus: " + err.Error())
	}
	return v
}
