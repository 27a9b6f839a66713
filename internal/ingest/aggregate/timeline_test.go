package aggregate

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
)

// An observation is a line of a timeline in docs/aggregation.md, as a reader
// would tell it.
type observation struct {
	ts, sensor, service, ip, id string
	what                        []string // fail|ok user password, active, get bytes
}

func parseObservation(t *testing.T, l string) observation {
	f := strings.Fields(l)
	if len(f) < 6 {
		t.Fatalf("timeline: %q is no observation", l)
	}
	return observation{f[0], f[1], f[2], f[3], f[4], f[5:]}
}

// A player feeds observations to a Set and notes what comes out.
type player struct {
	t      testing.TB
	set    *Set
	events []*event.Event
	auths  map[string]int // logins per session and time

	noLines bool // do not tell of lines: aggregates close by their own observations only
}

func newPlayer(t testing.TB, s *Set) *player {
	return &player{t: t, set: s, auths: make(map[string]int)}
}

func (p *player) emit() *event.Event {
	p.events = append(p.events, &event.Event{})
	return p.events[len(p.events)-1]
}

// play feeds one observation. A login after guessing becomes an event as its
// reader would make it.
func (p *player) play(o observation) {
	at, err := time.Parse(time.RFC3339Nano, o.ts)
	if err != nil {
		p.t.Fatalf("timeline: %v", err)
	}
	attacker := event.AttackerUUID(netip.MustParseAddr(o.ip)).String()
	if !p.noLines {
		p.set.Line(o.sensor, at, p.emit)
	}
	switch o.what[0] {
	case "fail", "ok":
		l := &Login{Sensor: o.sensor, Service: o.service, Session: o.id, Attacker: attacker, IP: o.ip,
			Username: o.what[1], Success: o.what[0] == "ok", At: at, TS: o.ts}
		if l.ByKey = o.what[2] == "(key)"; !l.ByKey {
			l.Password = event.Some(o.what[2])
		}
		k := p.auths[o.id+o.ts]
		p.auths[o.id+o.ts]++
		v := p.set.Login(l, p.emit)
		for what, flag := range map[string]bool{"prior:": v.PriorBrute, "default:": v.DefaultAttempt} {
			if flag {
				ev := p.emit()
				ev.SetKind("auth_attempt")
				ev.SourceID = what + o.id + "#auth@" + o.ts + "." + strconv.Itoa(k)
			}
		}
	case "active":
		p.active(o, attacker, at)
	case "set":
		p.set.PasswordSet(&NewPassword{Attacker: attacker, Username: o.what[1], Password: o.what[2]})
	case "get":
		n, _ := strconv.ParseInt(o.what[1], 10, 64)
		p.set.Request(&Request{Source: o.sensor, ID: o.id, Attacker: attacker, IP: o.ip, At: at, TS: o.ts, Bytes: n}, p.emit)
	default:
		p.t.Fatalf("timeline: what is %q?", o.what)
	}
}

// active feeds a session in which something was done: how long it was, and
// what was logged in with.
func (p *player) active(o observation, attacker string, at time.Time) {
	length, err := time.ParseDuration(o.what[1])
	if err != nil {
		p.t.Fatalf("timeline: %v", err)
	}
	a := &Activity{Sensor: o.sensor, Session: o.id, Attacker: attacker, IP: o.ip, Start: at, End: at.Add(length), TS: o.ts}
	copy(a.Access[:], o.what[2])
	p.set.Active(a, p.emit)
}

// count returns how many events so far are described by what begins so.
func (p *player) count(prefix string) (n int) {
	for _, ev := range p.events {
		if strings.HasPrefix(describe(ev), prefix) {
			n++
		}
	}
	return n
}

func (p *player) end() {
	p.set.Flush()
	for p.set.Drain(p.emit, 1) {
	}
}

// describe writes an event as the page does.
func describe(ev *event.Event) string {
	for _, what := range []string{"prior", "default"} {
		if id, ok := strings.CutPrefix(ev.SourceID, what+":"); ok {
			return "> " + what + " " + id
		}
	}
	s := fmt.Sprintf("> %s %s ts=%s", ev.Kind, ev.SourceID, ev.TS)
	if ev.SessionID.Valid && ev.Kind == event.KindSession {
		s += " session=" + ev.SessionID.Value
	}
	for _, name := range []string{"service", "username", "fail_count", "password_count", "window_s", "account_count",
		"shared_password_hash", "credential_hash", "reuse_count", "beacon_interval_s", "beacon_jitter_pct", "http_requests", "http_bytes_sent"} {
		if id, ok := event.LookupField(ev.Kind, name); ok {
			if v, ok := ev.Text(id); ok {
				s += " " + name + "=" + v
			} else if n, ok := ev.Num(id); ok {
				s += " " + name + "=" + strconv.FormatFloat(n, 'g', -1, 64)
			}
		}
	}
	return s
}

// A timeline is one block of the page.
type timeline struct {
	line   int
	prefix string // of the source ids that the block shows
	lines  []string
}

func readTimelines(t testing.TB) (blocks []timeline) {
	f, err := os.Open("../../../docs/aggregation.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := false
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		n++
		l := sc.Text()
		switch prefix, ok := strings.CutPrefix(l, "```timeline "); {
		case ok:
			in = true
			blocks = append(blocks, timeline{line: n, prefix: prefix})
		case strings.HasPrefix(l, "```"):
			in = false
		case in:
			b := &blocks[len(blocks)-1]
			b.lines = append(b.lines, l)
		}
	}
	return blocks
}

// TestTimelines runs the blocks of docs/aggregation.md: the events must come
// out where the page has them, and their tags must have the uuids that were
// computed elsewhere.
func TestTimelines(t *testing.T) {
	blocks := readTimelines(t)
	if len(blocks) != 12 {
		t.Fatalf("docs/aggregation.md has %d timelines, want 12", len(blocks))
	}
	tags := 0
	for _, b := range blocks {
		p := newPlayer(t, New(Config{Honeytokens: [][2]string{{"backup", "backup"}}}))
		var got, want []string
		take := func() {
			for _, ev := range p.events {
				if strings.HasPrefix(ev.SourceID, b.prefix) {
					got = append(got, describe(ev))
				}
			}
			p.events = nil
		}
		var kind, id string
		for _, l := range b.lines {
			f := strings.Fields(l)
			switch {
			case strings.HasPrefix(l, "#"):
				continue
			case strings.HasPrefix(l, "> "):
				want = append(want, strings.Join(f, " "))
				if kind, id = f[1], f[2]; kind == "prior" || kind == "default" {
					kind = "auth_attempt"
				}
			case strings.HasPrefix(l, "  "):
				tags++
				checkTag(t, kind, id, f)
			default:
				got, want = append(got, l), append(want, l)
				if l == "end" {
					p.end()
				} else {
					p.play(parseObservation(t, l))
				}
				take()
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/aggregation.md:%d: events differ (-page +got):\n%s", b.line, diff)
		}
	}
	if tags < 9 {
		t.Errorf("the page has %d tags, want at least 9", tags)
	}
}

func checkTag(t *testing.T, kind, id string, f []string) {
	version, err := strconv.Atoi(f[1])
	if err != nil || len(f) != 4 {
		t.Fatalf("tag %v: want rule, version, technique, uuid", f)
	}
	technique, sub := f[2], ""
	if parent, _, dotted := strings.Cut(technique, "."); dotted {
		technique, sub = parent, technique
	}
	if got := event.TagUUID(new([]byte), kind, id, f[0], version, technique, sub).String(); got != f[3] {
		t.Errorf("TagUUID(%s, %s, %s) = %s, want %s", kind, id, f[0], got, f[3])
	}
}
