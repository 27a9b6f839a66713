package ingest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest/aggregate"
	"ttpctl/internal/state"
)

// The commands of a session come out as they went in, also of a state, and of room
// that another session had.
func TestTyped(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 3))
	fields := newCowrieFields()
	var room typed
	for range 200 {
		room.empty()
		var ids, texts []string
		bytes := 0
		for i := range random.IntN(20) {
			id, text := fmt.Sprint("s#cmd", i), strings.Repeat(string(rune(random.IntN(300))), random.IntN(1000)/(1+random.IntN(100)))
			if random.IntN(8) == 0 {
				text += "\n"
			}
			room.add(id, text)
			ids, texts, bytes = append(ids, id), append(texts, text), bytes+len(id)+len(text)
		}
		if room.bytes() != bytes || room.weight() != bytes+64*len(ids) {
			t.Fatalf("%d bytes and weight %d, want %d and 64 for each of %d", room.bytes(), room.weight(), bytes, len(ids))
		}
		var want event.Event
		if len(ids) > 0 {
			list := event.Value{Kind: event.List}
			for i := range ids {
				list.List = append(list.List, event.Value{Kind: event.Object, Keys: []string{"id", "command_text"},
					List: []event.Value{event.StringValue(ids[i]), event.StringValue(texts[i])}})
			}
			want.Set(fields.commands, list)
			want.Set(fields.opText, event.StringValue(strings.Join(texts, "\n")))
		}
		check := func(how string, l *typed) {
			t.Helper()
			var got event.Event
			l.set(&got, &fields)
			for _, id := range []event.FieldID{fields.commands, fields.opText} {
				if diff := cmp.Diff(want.Value(id), got.Value(id)); diff != "" {
					t.Fatalf("%s: field %d differs (-want +got):\n%s", how, id, diff)
				}
			}
		}
		check("added", &room)
		w := state.NewWriter()
		room.code(w)
		var again typed
		again.code(state.NewReader(w.Bytes()))
		check("read", &again)
	}
}

// A session makes use of what one before it left, and shows nothing of that.
func TestSessionsAnew(t *testing.T) {
	c := newCowrieSessions(aggregate.New(aggregate.Config{}), event.AllFields(), maxSessionBytes)
	var first []string
	for n := range maxClosed + 300 {
		name, ip := fmt.Sprint("session", n), fmt.Sprintf("198.18.%d.%d", n/250, n%250)
		lines := cowrieDay()
		if n%3 == 1 { // between two, others in which less happens
			lines = []string{cowrieLine("session.connect", "s", 0, `,"protocol":"telnet"`), cowrieLine("session.closed", "s", 1, "")}
		}
		for i := range lines {
			lines[i] = strings.NewReplacer(`"session":"s"`, `"session":"`+name+`"`, "203.0.113.9", ip).Replace(lines[i])
		}
		b := filled(cowrieFormat(), lines...)
		b.decode(b.format.newDecoder(event.AllFields()), false)
		b.assemble(c, false)
		var got []string
		for i := range b.events {
			ev := &b.events[i].Event
			if ev.AttackerIP != ip {
				t.Fatalf("%s: an event is of %s", name, ev.AttackerIP)
			}
			ev.AttackerIP, ev.AttackerUUID = "", ""
			got = append(got, strings.NewReplacer(name, "s", ip, "ip").Replace(describe(ev)))
		}
		switch {
		case n == 0:
			first = got
		case n%3 == 1:
			if len(got) != 1 || strings.Contains(got[0], "ssh") || strings.Contains(got[0], "commands") {
				t.Fatalf("%s: %q", name, got)
			}
		default:
			if !slices.Equal(first, got) {
				t.Fatalf("%s differs from the first (-first +got):\n%s", name, cmp.Diff(first, got))
			}
		}
	}
	if len(c.free) > 1 {
		t.Errorf("%d sessions are kept for later, want at most one", len(c.free))
	}
}
