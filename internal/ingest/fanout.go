package ingest

import "ttpctl/internal/event"

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
	dst.ShareAnchor(&session.Event)
	dst.SessionID, dst.DeckyID = session.SessionID, session.DeckyID
	dst.TS, dst.Time = session.TS, session.Time
	dst.SourceID = event.CommandID(session.SourceID, entry, i)
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
