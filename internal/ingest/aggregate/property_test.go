package aggregate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// traffic returns n observations of all sorts, a little out of order, dense
// enough for everything to happen.
func traffic(rng *rand.Rand, n int) []observation {
	at := time.Date(2026, 9, 14, 20, 0, 0, 0, time.UTC)
	var list []observation
	for i := range n {
		step := time.Duration(rng.IntN(20_000)) * time.Millisecond
		switch rng.IntN(100) {
		case 0:
			step = 26 * time.Hour
		case 1, 2:
			step = 10 * time.Minute
		}
		at = at.Add(step)
		ts := at.Add(-time.Duration(rng.IntN(5)) * time.Second).Format(time.RFC3339Nano)
		o := observation{ts: ts, sensor: fmt.Sprint("d", rng.IntN(2)), service: "ssh",
			ip: fmt.Sprint("198.51.100.", rng.IntN(4)), id: fmt.Sprint("s", i/3)}
		switch r := rng.IntN(20); {
		case r < 14:
			result, password := "fail", fmt.Sprint("password-", rng.IntN(6))
			if rng.IntN(8) == 0 {
				result = "ok"
			}
			if rng.IntN(12) == 0 {
				password = "(key)"
			}
			o.what = []string{result, fmt.Sprint("user", rng.IntN(4)), password}
		case r < 17:
			o.what = []string{"active", "3s", "root:x"}
		default:
			o.what = []string{"get", "100"}
		}
		list = append(list, o)
	}
	return list
}

func describeAll(events []*event.Event) []string {
	var all []string
	for _, ev := range events {
		all = append(all, describe(ev)+" "+ev.AttackerUUID+" "+ev.IdentityUUID)
	}
	return all
}

// TestCutAndResume stops at random observations, stores the state and goes on
// in a new Set: the events must be those of one run.
func TestCutAndResume(t *testing.T) {
	for seed := range uint64(rounds.Of(t, 3, 20)) {
		rng := rand.New(rand.NewPCG(seed, 1))
		list := traffic(rng, 600)
		tight := limits{seen: 40, guesses: 6000, sprayings: 2500, credentials: 2000, rhythms: 1500, visits: 2000}
		for _, l := range []limits{defaultLimits(), tight} {
			one := newPlayer(t, newSet(Config{}, l))
			for _, o := range list {
				one.play(o)
			}
			open := one.set.MarshalState()
			one.end()

			cut := newPlayer(t, newSet(Config{}, l))
			for _, o := range list {
				cut.play(o)
				if rng.IntN(10) == 0 {
					b := cut.set.MarshalState()
					cut.set = newSet(Config{}, l)
					if err := cut.set.UnmarshalState(b); err != nil {
						t.Fatalf("UnmarshalState() = %v", err)
					}
					if again := cut.set.MarshalState(); !bytes.Equal(b, again) {
						t.Fatal("a state read back and written differs")
					}
				}
			}
			if b := cut.set.MarshalState(); !bytes.Equal(open, b) {
				t.Errorf("seed %d: the states at the end differ", seed)
			}
			cut.end()
			if diff := cmp.Diff(describeAll(one.events), describeAll(cut.events)); diff != "" {
				t.Errorf("seed %d: a run that was cut differs (-one +cut):\n%s", seed, diff)
			}
			if one.set.Evicted() != cut.set.Evicted() || (l == tight) != (one.set.Evicted() > 0) {
				t.Errorf("seed %d: %d evicted, cut %d", seed, one.set.Evicted(), cut.set.Evicted())
			}
		}
	}
}

// TestOwnKeyOnly checks that an attacker's aggregates do not depend on others.
func TestOwnKeyOnly(t *testing.T) {
	list := traffic(rand.New(rand.NewPCG(9, 9)), 3000)
	run := func(keep func(ip string) bool) map[string]bool {
		p := newPlayer(t, New(Config{}))
		for _, o := range list {
			if keep(o.ip) {
				p.play(o)
			}
		}
		p.end()
		got := make(map[string]bool)
		for _, ev := range p.events {
			if ev.Kind != event.KindCredential { // reuse is about others
				got[ev.AttackerUUID+describe(ev)] = true
			}
		}
		return got
	}
	together, apart := run(func(string) bool { return true }), make(map[string]bool)
	for i := range 4 {
		for ev := range run(func(ip string) bool { return ip == fmt.Sprint("198.51.100.", i) }) {
			apart[ev] = true
		}
	}
	if diff := cmp.Diff(apart, together); diff != "" || len(apart) < 100 {
		t.Errorf("attackers together give other events than apart (-apart +together):\n%s", diff)
	}
}

// TestWatermark checks that closing what is over by the times of all lines, at
// the very line, changes when events come out and not which: lines come up to
// 5 s late here. Silence between lines that is shorter than every gap changes
// nothing either.
func TestWatermark(t *testing.T) {
	list := traffic(rand.New(rand.NewPCG(4, 4)), 2000)
	events := func(lines bool, silence time.Duration) (count map[string]int, earliness, late int) {
		p := newPlayer(t, New(Config{}))
		p.noLines = !lines
		for _, o := range list {
			p.play(o)
			earliness += len(p.events)
			if silence > 0 {
				p.set.Silent(silence)
				for p.set.Drain(p.emit, 100) {
				}
			}
		}
		late = p.set.Late()
		p.end()
		count = make(map[string]int)
		for _, s := range describeAll(p.events) {
			count[s]++
		}
		return count, earliness, late
	}
	own, byOwn, _ := events(false, 0)
	all, byAll, _ := events(true, 0)
	if diff := cmp.Diff(own, all); diff != "" || byAll <= byOwn {
		t.Errorf("closing by all lines: earliness %d, by own lines %d; the events differ (-own +all):\n%s", byAll, byOwn, diff)
	}
	if with, _, late := events(true, 4*time.Minute); late != 0 || cmp.Diff(all, with) != "" {
		t.Errorf("silence of 4 minutes after each line: %d late lines; the events differ (-without +with):\n%s", late, cmp.Diff(all, with))
	}
	if _, _, late := events(true, time.Hour); late == 0 {
		t.Error("silence of an hour after each line makes no line late")
	}
}

// TestDoubtfulTimes checks that a line far ahead or behind closes nothing, as
// the first one or later, and that lines in a row are believed in the end.
func TestDoubtfulTimes(t *testing.T) {
	far := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	begin := time.Date(2026, 9, 14, 10, 0, 0, 0, time.UTC)
	for _, first := range []bool{true, false} {
		p := newPlayer(t, New(Config{}))
		fail := func(at time.Time, ip string) {
			p.play(observation{at.Format(time.RFC3339Nano), "d", "ssh", ip, "s" + at.Format("150405"), []string{"fail", "root", at.Format("050102")}})
		}
		for i := range 6 {
			if first == (i == 0) && (first || i == 3) {
				fail(far, "198.51.100.1")
			}
			fail(begin.Add(time.Duration(i)*time.Second), "203.0.113.9")
		}
		if len(p.events) != 0 {
			t.Errorf("2099 as the first line: %v: %d events before the end, want none", first, len(p.events))
		}
		later, needed := begin.Add(26*time.Hour), confirming
		if first {
			needed -= 6 // which doubted 2099 before
		}
		for i := range needed {
			if i == needed-1 && len(p.events) != 0 {
				t.Errorf("2099 as the first line: %v: %d lines a day later close something, want %d to be needed", first, i, needed)
			}
			p.set.Line("d", later.Add(time.Duration(i)*time.Millisecond), p.emit)
		}
		if got := p.count("> auth_attempt auth:d:s100000@"); got != 2 {
			t.Errorf("2099 as the first line: %v: %d events of the episode once %d lines are a day later, want 2", first, got, needed)
		}
	}
}

// TestOutOfOrder: a log whose lines are hours behind others of its decoy keeps
// its aggregates open all the same.
func TestOutOfOrder(t *testing.T) {
	p := newPlayer(t, New(Config{}))
	p.play(observation{"2026-09-14T12:00:00Z", "d", "http", "198.51.100.1", "r0", []string{"get", "1"}})
	for i := range 6 {
		p.play(observation{fmt.Sprintf("2026-09-14T10:00:0%dZ", i), "d", "http", "203.0.113.9", fmt.Sprint("r", i+1), []string{"get", "1"}})
	}
	p.end()
	if got := p.count("> session web:r1 ts=2026-09-14T10:00:05Z session=web:r1 http_requests=6 "); got != 1 || len(p.events) != 2 {
		t.Errorf("%d visits of 6 requests among %q, want 1 and another", got, describeAll(p.events))
	}
}

// TestManySensors checks that more sensors than have a time of their own close
// early what waits for them.
func TestManySensors(t *testing.T) {
	p := newPlayer(t, New(Config{}))
	for i := range maxSensors + 10 {
		p.play(observation{"2026-09-14T10:00:00Z", fmt.Sprint("d", i), "ssh", "203.0.113.9", "s", []string{"fail", "root", "x"}})
	}
	if p.set.Evicted() != 10 || p.set.lanes.Len() != maxSensors {
		t.Errorf("%d evicted, %d sensors, want 10 and %d", p.set.Evicted(), p.set.lanes.Len(), maxSensors)
	}
}

// TestAlarmsBounded checks that what waits does not outgrow what is kept.
func TestAlarmsBounded(t *testing.T) {
	s := newSet(Config{}, limits{seen: 100, guesses: 20_000, sprayings: 20_000, credentials: 1000, rhythms: 20_000, visits: 20_000})
	ev := new(event.Event)
	emit := func() *event.Event { ev.Reset(); return ev }
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 30_000 {
		s.Line("d", at, emit)
		s.Login(&Login{Sensor: "d", Service: "ssh", Session: "s", Attacker: fmt.Sprint(i), Username: "root", Password: event.Some("x"), At: at, TS: "2026-01-01T00:00:00Z"}, emit)
	}
	if n := len(s.laneOf("d", emit).queue); n > 3*4096 {
		t.Errorf("%d alarms for %d guessings, want few thousand", n, s.guesses.Len())
	}
}

// TestHashKeyDecidesNothing checks that only hashes depend on the key, and
// that the state holds no password.
func TestHashKeyDecidesNothing(t *testing.T) {
	list := traffic(rand.New(rand.NewPCG(5, 5)), 1000)
	run := func(key string) []string {
		p := newPlayer(t, New(Config{HashKey: []byte(key)}))
		for _, o := range list {
			p.play(o)
		}
		if b := p.set.MarshalState(); bytes.Contains(b, []byte("password-")) {
			t.Error("the state holds a password")
		}
		p.end()
		var ids []string
		for _, ev := range p.events {
			for _, id := range [...]event.FieldID{p.set.fields.sharedHash, p.set.fields.credentialHash} {
				if _, ok := ev.Text(id); ok {
					ev.Set(id, event.StringValue("?"))
				}
			}
			ids = append(ids, describe(ev))
		}
		return ids
	}
	if diff := cmp.Diff(run("one"), run("another")); diff != "" {
		t.Errorf("the key of the hashes decides more than hashes (-one +another):\n%s", diff)
	}
}

// TestMemory feeds far more keys than are kept.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("feeds many logins")
	}
	s := New(Config{Honeytokens: [][2]string{{"a", "b"}}})
	ev, events := new(event.Event), 0
	emit := func() *event.Event { ev.Reset(); events++; return ev }
	at, most := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), uint64(0)
	long := strings.Repeat("x", maxAccount)
	n := rounds.Of(t, 50_000, 200_000)
	for i := range n {
		attacker := fmt.Sprintf("attacker-%032d", i/2)
		if i >= n/2 {
			attacker = "one"
		}
		at = at.Add(time.Millisecond)
		l := Login{Sensor: "d", Service: "ssh", Session: fmt.Sprint(i), Attacker: attacker, IP: "192.0.2.1",
			Username: long[:100] + fmt.Sprint(i), Password: event.Some(fmt.Sprint("Pass word ", i)), Success: i%7 == 0, At: at, TS: "2026-01-01T00:00:00.000000Z"}
		s.Line("d", at, emit)
		s.Login(&l, emit)
		s.Active(&Activity{Sensor: "d", Attacker: attacker, Session: l.Session, Start: at, End: at, TS: l.TS}, emit)
		s.Request(&Request{Source: "log", Attacker: attacker, ID: l.Session, At: at, TS: l.TS, Bytes: 1}, emit)
		if i%(n/8) == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	t.Logf("heap at most %d MB, state %d MB, %d events, %d evicted", most>>20, len(s.MarshalState())>>20, events, s.Evicted())
	if most > 120<<20 || s.Evicted() == 0 || events == 0 {
		t.Errorf("heap of %d MB, %d evicted, %d events, want at most 120 MB and some of both", most>>20, s.Evicted(), events)
	}
}

func TestIsWeak(t *testing.T) {
	tests := []struct {
		username, password string
		want               bool
	}{
		{"deploy", "Winter!Morgen7", false},
		{"root", "aaaaa", true},
		{"root", "aaaaaa", false},
		{"root", "äöüäö", true},
		{"root", "äöüäöü", false},
		{"root", "12345678", true},
		{"root", "1234567a", false},
		{"root", "rOOt2026!", true},
		{"root", "!2026tooR", true},
		{"ab", "abababab", false},
		{"pi", "raspberry", true},
		{"root", "password", true},
		{"deploy", "password", false},
		{"root", strings.Repeat("y", 1025), true},
	}
	s := New(Config{})
	for _, tt := range tests {
		if got := s.pairs.of(tt.username, tt.password).isWeak; got != tt.want {
			t.Errorf("isWeak(%q, %q) = %v, want %v", tt.username, tt.password, got, tt.want)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	p := newPlayer(t, New(Config{}))
	for _, o := range traffic(rand.New(rand.NewPCG(2, 2)), 200) {
		p.play(o)
	}
	good := p.set.MarshalState()
	other := append([]byte{stateVersion + 1}, good[1:]...)
	for name, b := range map[string][]byte{"empty": nil, "another version": other, "cut": good[:len(good)-1], "more": append(good[:len(good):len(good)], 0)} {
		if err := New(Config{}).UnmarshalState(b); err == nil {
			t.Errorf("%s: UnmarshalState() = nil, want an error", name)
		}
	}
}

// FuzzState damages a state: an error or a Set that can be used, no panic.
func FuzzState(f *testing.F) {
	p := newPlayer(f, New(Config{}))
	list := traffic(rand.New(rand.NewPCG(3, 3)), 25)
	for _, o := range list {
		p.play(o)
	}
	f.Add(p.set.MarshalState())
	f.Fuzz(func(t *testing.T, b []byte) {
		s := New(Config{})
		if s.UnmarshalState(b) != nil {
			return
		}
		p := newPlayer(t, s)
		for _, o := range list[:20] {
			p.play(o)
		}
		s.MarshalState()
		p.end()
	})
}

// FuzzLogins feeds what no clock would: times jump, names are anything.
func FuzzLogins(f *testing.F) {
	f.Add([]byte("0123456789abcdefghij"), "root", "password")
	f.Add([]byte("\xff\x00\x01\x80\x7f\x00"), "", "\xff")
	f.Fuzz(func(t *testing.T, times []byte, username, password string) {
		one, two := newPlayer(t, New(Config{})), newPlayer(t, New(Config{}))
		for i, b := range times[:min(len(times), 300)] {
			at := time.Unix(int64(b)<<(b%40), 0).UTC()
			l := &Login{Sensor: "d", Service: "ssh", Session: fmt.Sprint(i), Attacker: fmt.Sprint(b % 3), IP: "192.0.2.1",
				Username: username[:len(username)*int(b)/255], Password: event.Some(password[:len(password)*i/300]), Success: b%5 == 0, At: at, TS: at.Format(time.RFC3339)}
			for _, p := range []*player{one, two} {
				p.set.Line("d", at, p.emit)
				p.set.Login(l, p.emit)
				p.set.Active(&Activity{Sensor: "d", Attacker: l.Attacker, Session: l.Session, Start: at, End: at.Add(time.Second), TS: l.TS}, p.emit)
				p.set.Line("w", at, p.emit)
				p.set.Request(&Request{Source: "w", Attacker: l.Attacker, ID: l.Session, At: at, TS: l.TS, Bytes: 1}, p.emit)
			}
			s := New(Config{})
			if err := s.UnmarshalState(two.set.MarshalState()); err != nil {
				t.Fatalf("UnmarshalState() = %v", err)
			}
			two.set = s
		}
		one.end()
		two.end()
		if diff := cmp.Diff(describeAll(one.events), describeAll(two.events)); diff != "" {
			t.Errorf("a run cut everywhere differs (-one +cut):\n%s", diff)
		}
	})
}

func BenchmarkLogin(b *testing.B) {
	s := New(Config{})
	ev := new(event.Event)
	emit := func() *event.Event { ev.Reset(); return ev }
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	users, passwords, attackers := make([]string, 50), make([]string, 500), make([]string, 100)
	for i := range users {
		users[i] = fmt.Sprint("user", i)
	}
	for i := range passwords {
		passwords[i] = fmt.Sprint("Password ", i)
	}
	for i := range attackers {
		attackers[i] = fmt.Sprintf("3a90f681-a007-5d06-8036-%012d", i)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Second)
		s.Login(&Login{Sensor: "decoy-01", Service: "ssh", Session: "269ef2a74de4", Attacker: attackers[rng.IntN(100)], IP: "192.0.2.1",
			Username: users[rng.IntN(50)], Password: event.Some(passwords[rng.IntN(500)]), At: at, TS: "2026-09-14T00:05:00.339563Z"}, emit)
	}
}

// TestSprayDepth: one password on three accounts is spraying only while no
// account saw more passwords than that.
func TestSprayDepth(t *testing.T) {
	for passwords, want := range map[int]int{1: 1, 2: 1, 3: 1, 4: 0, 9: 0} {
		p := newPlayer(t, New(Config{}))
		observe := func(account, password string) {
			p.play(observation{"2026-09-14T10:00:00Z", "d", "ssh", "203.0.113.9", "s", []string{"fail", account, password}})
		}
		for _, account := range []string{"a", "b", "c"} {
			observe(account, "p0")
		}
		for i := range passwords {
			observe("a", fmt.Sprint("p", i))
		}
		p.end()
		got := 0
		for _, ev := range p.events {
			if ev.Kind == event.KindIdentity {
				got++
			}
		}
		if got != want {
			t.Errorf("%d passwords on one of three accounts: %d identity events, want %d", passwords, got, want)
		}
	}
}
