package sqldb

import (
	"database/sql"
	"encoding/json"

	"ttpctl/internal/event"
)

// TaggedEvent reads the event of a tag: of its payload there is what became
// evidence. The cells are source_kind, source_id, attacker_uuid, attacker_ip,
// session_id and evidence.
func TaggedEvent(cells []sql.NullString, ev *event.Event) {
	ev.SetKind(cells[0].String)
	ev.AttackerUUID, ev.AttackerIP = cells[2].String, cells[3].String
	ev.SessionID = event.OptString{Value: cells[4].String, Valid: cells[4].Valid}
	var evidence map[string]any
	_ = json.Unmarshal([]byte(cells[5].String), &evidence)
	for name, v := range evidence {
		ev.SetField(name, valueOf(v))
	}
}

// valueOf turns decoded JSON into a payload value.
func valueOf(v any) event.Value {
	switch v := v.(type) {
	case string:
		return event.StringValue(v)
	case float64:
		return event.NumberValue(v)
	case bool:
		return event.BoolValue(v)
	case []any:
		list := event.Value{Kind: event.List}
		for _, e := range v {
			list.List = append(list.List, valueOf(e))
		}
		return list
	}
	return event.Value{}
}
