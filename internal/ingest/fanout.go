package ingest

import (
	"strconv"

	"ttpctl/internal/event"
)

// fanOut sets dst to the command event of entry i of session's commands, and
// reports whether there is one: an entry without text makes no event. An id must be
// a non-empty string; the index counts every entry, so that ids stand still
// whatever the others hold.
func (session *batchEvent) fanOut(dst *event.Event, i int) bool {
	entry := &session.commands[i]
	text, ok := commandText(entry)
	if !ok {
		return false
	}
	dst.Reset()
	dst.SetKind(event.KindCommand.String())
	dst.FannedOut = true
	dst.AttackerUUID, dst.IdentityUUID, dst.AttackerIP = session.AttackerUUID, session.IdentityUUID, session.AttackerIP
	dst.SessionID, dst.DeckyID = session.SessionID, session.DeckyID
	dst.TS, dst.Time = session.TS, session.Time
	dst.SourceID = entryID(entry)
	if dst.SourceID == "" {
		dst.SourceID = session.SourceID + "#cmd" + strconv.Itoa(i)
	}
	for k, name := range entry.Keys {
		dst.SetField(name, entry.List[k])
	}
	dst.SetField("command_text", event.StringValue(text))
	return true
}

func commandText(entry *event.Value) (string, bool) {
	if entry.Kind == event.String {
		return entry.Str, true
	}
	for _, name := range [...]string{"command_text", "text"} {
		if v := entry.Member(name); v.Kind == event.String {
			return v.Str, true
		}
	}
	return "", false
}

func entryID(entry *event.Value) string {
	for _, name := range [...]string{"id", "uuid", "command_id"} {
		if v := entry.Member(name); v.Kind == event.String && v.Str != "" {
			return v.Str
		}
	}
	return ""
}
