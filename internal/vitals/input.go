package vitals

import (
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
)

// Unread logs, once each, the kinds of events that no rule reads, the
// files without a line.
func (l Log) Unread(a *ingest.Account, needs *event.FieldSet) {
	for _, k := range event.Kinds() {
		if a.Kinds[k] > 0 && !needs.Kind(k) {
			l.Log.Warn("no rule in force reads this kind of event", "kind", k.String(), "events", a.Kinds[k])
		}
	}
	for _, name := range a.UnknownKinds.Names() {
		l.Log.Info("events of an unknown kind pass through unhandled", "kind", name, "events", a.UnknownKinds.Count(name))
	}
	l.Input(a)
	for _, why := range a.MailUnread.Names() {
		l.Log.Warn("stored mail could not be read", "reason", why, "messages", a.MailUnread.Count(why))
	}
}

// Input logs what whoever reads telemetry should know of the input.
func (l Log) Input(a *ingest.Account) {
	for _, name := range a.Empty {
		l.Log.Warn("this file has no lines", "file", name)
	}
	if a.Evicted > 0 {
		l.Log.Warn("more sessions and aggregates were open at once than are remembered; the least active were closed early", "closed", a.Evicted)
	}
	for _, f := range a.Unknown {
		l.Log.Warn(f.Err.Error(), "file", f.File)
	}
	if a.Late > 0 {
		l.Log.Warn("lines came after the clock had closed what they belong to: their log is behind", "lines", a.Late)
	}
}
