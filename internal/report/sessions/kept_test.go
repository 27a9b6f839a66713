package sessions

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

// eventOf returns an event of session s1 with one field.
func eventOf(kind, id, field, text string) *event.Event {
	ev := &event.Event{SourceID: id, AttackerIP: "203.0.113.9", SessionID: event.Some("s1"), DeckyID: event.Some("decoy"), Time: time.Date(2026, 9, 14, 2, 0, 0, 5, time.UTC)}
	ev.SetKind(kind)
	ev.SetField(field, event.StringValue(text))
	return ev
}

// noted returns what a Recorder notes of events, and the Keeper that it belongs to.
func noted(events ...*event.Event) (*Keeper, any) {
	k := NewKeeper(Options{})
	r := k.Recorder()
	for _, ev := range events {
		r.Record(ev)
	}
	return k, r.Take(nil)
}

// A session that a database kept is the one that its log shows.
func TestRestored(t *testing.T) {
	auth := eventOf("auth_attempt", "a1", "username", "root")
	auth.SetField("result", event.StringValue("success"))
	file := eventOf("payload", "p1", "url", "http://192.0.2.200/x.sh")
	file.SetField("shasum", event.StringValue(strings.Repeat("a", 64)))
	end := eventOf("session", "s1#end", "client_version", "SSH-2.0-Go")
	end.SetField("duration_s", event.NumberValue(12.5))
	late := eventOf("command", "c3", "command_text", "late")
	late.Time = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)) // in UTC a year that RFC 3339 has not
	none := eventOf("command", "c4", "command_text", "at no time")
	none.Time = time.Time{}
	direct, lines := noted(auth, eventOf("command", "c1", "command_text", "uname -a; "+strings.Repeat("x", 2*maxText)), eventOf("command", "c2", "command_text", "\x00\x1b[31m<b>"),
		file, late, none, end)
	restored := NewKeeper(Options{})
	for _, s := range Lines(lines) {
		body, n := store.Kept{}.Take(s.Lines)
		if err := restored.Restore(&store.KeptLines{Sensor: s.Sensor, Session: s.Session, Lines: body, LeftOut: n.LeftOut}); err != nil {
			t.Fatal(err)
		}
	}
	direct.Add(lines)
	want, got := direct.Sessions(ByTime), restored.Sessions(ByTime)
	if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" || len(want) != 1 {
		t.Errorf("%d sessions (-of the log +of the database):\n%s", len(want), diff)
	}
	if !restored.Has("decoy", "s1") || restored.Has("decoy", "s2") {
		t.Error("Has() does not tell which session is there")
	}
	if err := restored.Restore(&store.KeptLines{Session: "s1", Lines: []byte("{\n")}); err == nil {
		t.Error("Restore() takes what is no JSON")
	}
}

// Lines that a database did not keep are counted once, however often it says so.
func TestRestoredLeftOut(t *testing.T) {
	k := NewKeeper(Options{})
	_, lines := noted(eventOf("command", "c1", "command_text", "id"), eventOf("command", "c2", "command_text", "id"))
	for _, l := range Lines(lines)[0].Lines {
		if err := k.Restore(&store.KeptLines{Session: "s1", Lines: append(l.Text, '\n'), LeftOut: 7}); err != nil {
			t.Fatal(err)
		}
	}
	if s := k.Sessions(ByTime); len(s) != 1 || s[0].LeftOut != 7 || len(s[0].Lines) != 2 {
		t.Errorf("%+v, want 2 lines and 7 left out", s)
	}
}

// No password and nobody's mail address is kept.
func TestKeptMasked(t *testing.T) {
	const secret = "Xy7secret"
	web := eventOf("http_request", "h1", "raw_url", "/login?password="+secret)
	web.SetField("method", event.StringValue("GET"))
	_, lines := noted(
		eventOf("command", "c1", "command_text", `echo "root:`+secret+`" | chpasswd; mail -s x `+secret+`@example.org`), eventOf("command", "c2", "command_text", "curl -u a:"+secret+" http://b:"+secret+"@192.0.2.1/"),
		eventOf("auth_attempt", "a1", "username", secret+"@example.org"), eventOf("auth_attempt", "a2", "password", secret), web,
		eventOf("payload", "p1", "url", "http://u:"+secret+"@192.0.2.1/?token="+secret), eventOf("session", "s1#end", "client_version", "token="+secret),
	)
	n := 0
	for _, s := range Lines(lines) {
		for _, l := range s.Lines {
			if n++; strings.Contains(string(l.Text), secret) {
				t.Errorf("%s is kept in %s", secret, l.Text)
			}
			if want := strings.Contains(string(l.Text), `"session"`); l.Ends != want {
				t.Errorf("%s ends its session: %t, want %t", l.Text, l.Ends, want)
			}
		}
	}
	if n != 7 {
		t.Errorf("%d lines are kept, want 7", n)
	}
}

// An id that a terminal could take for more is not offered to a shell.
func TestPlain(t *testing.T) {
	got := Plain([]string{"269ef2a74de4", "a b", "x\x1b[2J", "$(id)", "A-1_2.c", "ü"})
	if diff := cmp.Diff([]string{"269ef2a74de4", "A-1_2.c"}, got); diff != "" {
		t.Errorf("Plain() (-want +got):\n%s", diff)
	}
}
