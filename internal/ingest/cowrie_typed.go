package ingest

import (
	"ttpctl/internal/event"
	"ttpctl/internal/state"
)

// typed is the commands of one session, for its own event. They stand one behind
// another, so that most add nothing to what the collector has to look at.
type typed struct {
	texts []byte // a newline between two
	ids   []byte
	ends  []commandEnd
}

// A commandEnd is where the text and the id of a command end.
type commandEnd struct{ text, id int32 }

// full reports whether a session holds as many commands as it may with a text
// more.
func (t *typed) full(text string) bool {
	return len(t.ends) >= maxCommands || t.bytes()+len(text) > maxCommandBytes
}

func (t *typed) add(id, text string) {
	if len(t.ends) > 0 {
		t.texts = append(t.texts, '\n')
	}
	t.texts, t.ids = append(t.texts, text...), append(t.ids, id...)
	t.ends = append(t.ends, commandEnd{int32(len(t.texts)), int32(len(t.ids))})
}

// bytes returns how many bytes ids and texts have.
func (t *typed) bytes() int { return len(t.ids) + len(t.texts) - max(0, len(t.ends)-1) }

// weight returns what t counts for in the weight of its session.
func (t *typed) weight() int { return t.bytes() + 64*len(t.ends) }

// each yields all of t, out of its texts and ids.
func (t *typed) each(texts, ids string) func(yield func(id, text string) bool) {
	return func(yield func(id, text string) bool) {
		var begin commandEnd
		for _, end := range t.ends {
			if !yield(ids[begin.id:end.id], texts[begin.text:end.text]) {
				return
			}
			begin = commandEnd{end.text + 1, end.id}
		}
	}
}

// commandKeys are the members of an entry of a session's commands.
var commandKeys = []string{"id", "command_text"}

// set sets the session's commands. They are events already: the event has them in
// its payload only, and does not fan out.
func (t *typed) set(ev *event.Event, f *cowrieFields) {
	n := len(t.ends)
	if n == 0 {
		return
	}
	texts := string(t.texts)
	values := make([]event.Value, 3*n)
	list, parts := values[:n:n], values[n:]
	for id, text := range t.each(texts, string(t.ids)) {
		entry := &list[n-len(parts)/2]
		entry.Kind, entry.Keys, entry.List = event.Object, commandKeys, parts[:2:2]
		parts[0].Kind, parts[0].Str = event.String, id
		parts[1].Kind, parts[1].Str = event.String, text
		parts = parts[2:]
	}
	ev.Set(f.commands, event.Value{Kind: event.List, List: list})
	ev.Set(f.opText, event.StringValue(texts))
}

func (t *typed) code(c *state.Codec) {
	type command struct{ id, text string }
	var all []command
	for id, text := range t.each(string(t.texts), string(t.ids)) {
		all = append(all, command{id, text})
	}
	state.Slice(c, &all, func(c *state.Codec, cmd *command) {
		c.Text(&cmd.id)
		c.Text(&cmd.text)
	})
	if c.Reading() {
		for _, cmd := range all {
			t.add(cmd.id, cmd.text)
		}
	}
}

// empty makes t empty and keeps its room unless that is large.
func (t *typed) empty() {
	const large = 8 << 10
	if cap(t.texts) > large || cap(t.ids) > large {
		*t = typed{}
	}
	t.texts, t.ids, t.ends = t.texts[:0], t.ids[:0], t.ends[:0]
}
