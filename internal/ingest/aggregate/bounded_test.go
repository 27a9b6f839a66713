package aggregate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// looks returns how often a Set looks at what may be over while it takes in a
// list of observations, per observation.
func looks(t *testing.T, list []observation) float64 {
	p := newPlayer(t, New(Config{}))
	for _, o := range list {
		p.play(o)
	}
	return float64(p.set.looks) / float64(len(list))
}

// mostLooks is how often something is looked at per observation: an attempt
// sets two alarms, each of which is looked at once or twice.
const mostLooks = 5

// TestLogReadAgain: a log that is read again and again costs as much as it does
// once. Its time runs back by weeks each time, while days of its end are open.
func TestLogReadAgain(t *testing.T) {
	var list []observation
	add := func(day, i int, ip string, what ...string) {
		at := time.Date(2026, 9, day, 10, 0, i, 0, time.UTC)
		list = append(list, observation{at.Format(time.RFC3339), "d", "ssh", ip, fmt.Sprint("s", day, i), what})
	}
	for day := 1; day <= 21; day++ {
		for i := range 200 {
			if ip := fmt.Sprint("203.0.113.", i); day == 1 || day == 21 {
				add(day, i, ip, "fail", "root", "a")
			} else {
				add(day, i, "198.51.100.1", "get", "1")
			}
		}
	}
	once := looks(t, list)
	if got := looks(t, slices.Repeat(list, 20)); got > 2*once || once > mostLooks {
		t.Errorf("%.1f looks at each of 20 times the lines, %.1f at each of them once, want at most twice that and %d", got, once, mostLooks)
	}
}

// TestLateAcrossMidnight: a line of the day before that comes after one of the
// new day leaves days in another order than that of time.
func TestLateAcrossMidnight(t *testing.T) {
	list := []observation{
		{"2026-09-15T00:00:01Z", "d", "ssh", "203.0.113.9", "s", []string{"fail", "root", "a"}},
		{"2026-09-14T23:59:59Z", "d", "ssh", "203.0.113.9", "s", []string{"fail", "root", "b"}},
	}
	at := time.Date(2026, 9, 15, 0, 20, 0, 0, time.UTC)
	for i := range 1000 {
		ts := at.Add(time.Duration(i) * time.Second).Format(time.RFC3339Nano)
		list = append(list, observation{ts, "d", "http", "198.51.100.1", fmt.Sprint("r", i), []string{"get", "1"}})
	}
	if got := looks(t, list); got > mostLooks {
		t.Errorf("%.1f looks an observation, want at most %d", got, mostLooks)
	}
}

// TestTimesJump: times that jump back and forth on every line, by any span,
// cost a bounded amount of work.
func TestTimesJump(t *testing.T) {
	for _, jump := range []time.Duration{time.Second, 6 * time.Minute, 2 * time.Hour, 23 * time.Hour, 50 * time.Hour, 40 * 24 * time.Hour} {
		for _, run := range []int{1, 2, confirming + 1, 3 * confirming} {
			list := traffic(rand.New(rand.NewPCG(8, 8)), rounds.Of(t, 750, 6000))
			for i := range list {
				at, err := time.Parse(time.RFC3339Nano, list[i].ts)
				if err != nil {
					t.Fatal(err)
				}
				list[i].ts = at.Add(time.Duration(i/run%3) * jump).Format(time.RFC3339Nano)
			}
			if got := looks(t, list); got > mostLooks {
				t.Errorf("%.1f looks an observation with jumps of %v every %d lines, want at most %d", got, jump, run, mostLooks)
			}
		}
	}
}

// TestNothingWaitsTwice: what is looked at early, again and again, and is not
// over, waits once.
func TestNothingWaitsTwice(t *testing.T) {
	s := New(Config{})
	ev := new(event.Event)
	emit := func() *event.Event { ev.Reset(); return ev }
	begin := time.Date(2026, 9, 14, 1, 0, 0, 0, time.UTC)
	for i := range 200 { // an episode every 11 minutes, on days of which none ends
		at := begin.Add(time.Duration(i%100) * 11 * time.Minute)
		for j := range 60 {
			s.Line("d", at, emit)
			s.Login(&Login{Sensor: "d", Service: "ssh", Session: "s", Attacker: fmt.Sprint(j), Username: "root", Password: event.Some("x"), At: at, TS: at.Format(time.RFC3339)}, emit)
		}
	}
	s.Line("d", begin.Add(20*time.Hour), emit) // the last episodes are over, the day is not
	l := s.laneOf("d", emit)
	s.prune(l)
	if got, want := len(l.queue), s.guesses.Len()+s.sprayings.Len(); got > want {
		t.Errorf("%d alarms wait for %d guessings and sprayings", got, want)
	}
}
