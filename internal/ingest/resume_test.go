package ingest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/lines"
	"ttpctl/internal/rounds"
)

// runKeeping runs text with state from before, keeps open what is open, and
// returns the state.
func runKeeping(t *testing.T, cfg Config, state []byte, text string) ([]string, []byte) {
	t.Helper()
	cfg.State, cfg.KeepOpen, cfg.Workers = state, true, 1
	cfg.WantState = func(*Batch) bool { return true }
	rec := &recorder{}
	left := state
	a, err := Run(t.Context(), []Input{{Name: "in", Reader: strings.NewReader(text)}}, cfg, rec.evaluator, func(b *Batch) error {
		left = bytes.Clone(b.State)
		return nil
	})
	if err != nil || a.Events != len(rec.events) {
		t.Fatalf("Run() = %+v, %v", a, err)
	}
	return rec.events, left
}

// manySessions returns a Cowrie log of sessions of all sorts, interleaved.
func manySessions(n int) []string {
	rng := rand.New(rand.NewPCG(8, 8))
	at := time.Date(2026, 3, 18, 13, 0, 0, 0, time.UTC)
	var lines []string
	for i := range n {
		at = at.Add(time.Duration(rng.IntN(30)) * time.Second)
		if rng.IntN(100) == 0 {
			at = at.Add(25 * time.Hour)
		}
		day := cowrieDay()
		l := day[rng.IntN(len(day))]
		l = strings.ReplaceAll(l, `"session":"s"`, fmt.Sprintf(`"session":"s%d"`, i/20+rng.IntN(3)))
		l = strings.ReplaceAll(l, "203.0.113.9", fmt.Sprint("198.51.100.", rng.IntN(3)))
		l = strings.ReplaceAll(l, `"root"`, fmt.Sprintf(`"root%d"`, rng.IntN(4)))
		begin := strings.Index(l, "2026-03-18T13:28:")
		lines = append(lines, l[:begin]+at.Format("2006-01-02T15:04:05Z")+l[begin+len("2026-03-18T13:28:00Z"):])
	}
	return lines
}

// TestCowrieCutAndResume cuts logs at every line: the two halves, the second
// with the state of the first, must give what the whole gives.
func TestCowrieCutAndResume(t *testing.T) {
	for _, lines := range [][]string{cowrieDay(), manySessions(300)} {
		cfg := Config{Format: "cowrie"}
		whole := strings.Join(lines, "\n")
		want, _ := runText(t, cfg, whole)
		for cut := range lines {
			if len(lines) > 100 && cut%rounds.Every(t, 8) != 0 {
				continue
			}
			got, state := runKeeping(t, cfg, nil, strings.Join(lines[:cut], "\n"))
			rest := cfg
			rest.State = state
			more, _ := runText(t, rest, strings.Join(lines[cut:], "\n"))
			if diff := cmp.Diff(want, append(got, more...)); diff != "" {
				t.Fatalf("cut before line %d: events differ (-whole +cut):\n%s", cut+1, diff)
			}
		}
	}
}

// Each batch can carry the state behind it.
func TestStateOfEachBatch(t *testing.T) {
	var visits []string
	for i := range 3000 {
		visits = append(visits, accessLine(i*(1+i%7), fmt.Sprintf("GET /%d HTTP/1.1", i), "200 7"))
	}
	for format, lines := range map[string][]string{"cowrie": manySessions(5000), "access": visits} {
		checkStates(t, format, []byte("\ufeff"+strings.Join(lines, "\r\n")+"\n"))
	}
}

func checkStates(t *testing.T, format string, text []byte) {
	type stop struct {
		end    lines.Cursor
		state  []byte
		events int
	}
	var stops []stop
	files := fstest.MapFS{"in": &fstest.MapFile{Data: text}}
	rec := &recorder{}
	cfg := Config{Format: format, Workers: 1, WantState: func(b *Batch) bool { return even(b.End) }}
	_, err := Run(t.Context(), []Input{{Name: "in", FS: files}}, cfg, rec.evaluator, func(b *Batch) error {
		if (b.State != nil) != even(b.End) {
			t.Errorf("the batch up to %s has a state of %d bytes", b.End, len(b.State))
		}
		if b.State != nil {
			stops = append(stops, stop{b.End, bytes.Clone(b.State), b.account.Events})
		}
		return nil
	})
	if err != nil || len(stops) == 0 {
		t.Fatalf("Run() = %v, %d batches with state", err, len(stops))
	}
	for _, s := range stops[:min(len(stops), 6)] {
		rest := &recorder{}
		_, err := Run(t.Context(), []Input{{Name: "in", FS: files, From: s.end}}, Config{Format: format, Workers: 1, State: s.state}, rest.evaluator, func(*Batch) error { return nil })
		if err != nil {
			t.Fatalf("Run() = %v", err)
		}
		tail := rec.events[len(rec.events)-len(rest.events):]
		if diff := cmp.Diff(tail, append([]string{}, rest.events...)); diff != "" {
			t.Errorf("a run from %s gives other events (-whole +rest):\n%.2000s", s.end, diff)
		}
	}
}

// even reports whether a batch that ends at c is one to keep the state of.
func even(c lines.Cursor) bool { return c != "" && c[len(c)-1]%2 == 0 }

func TestBadState(t *testing.T) {
	_, state := runKeeping(t, Config{Format: "cowrie"}, nil, strings.Join(cowrieDay()[:10], "\n"))
	for name, b := range map[string][]byte{"empty": {}, "cut": state[:len(state)-1], "more": append(bytes.Clone(state), 1), "no state": []byte("hello")} {
		if _, err := Run(t.Context(), nil, Config{State: b}, newTagEach, func(*Batch) error { return nil }); err == nil {
			t.Errorf("%s: Run() = nil, want an error", name)
		}
	}
}

// A live run reads a pipe, and its clock is the test's.
type live struct {
	in     *io.PipeWriter
	tick   chan time.Time
	events chan string
	done   chan Account
}

func runLive(t *testing.T, keep func(id string) bool) *live {
	pr, pw := io.Pipe()
	l := &live{pw, make(chan time.Time), make(chan string, 1000), make(chan Account, 1)}
	go func() {
		a, err := Run(t.Context(), []Input{{Name: "live", Reader: pr}}, Config{Format: "cowrie", Workers: 1, Idle: l.tick}, newTagEach, func(b *Batch) error {
			for _, tag := range b.Tags {
				if keep(tag.SourceID) {
					l.events <- tag.SourceID
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("Run() = %v", err)
		}
		close(l.events)
		l.done <- a
	}()
	return l
}

// line writes a line and waits until its event has come out.
func (l *live) line(text string) string {
	io.WriteString(l.in, text+"\n")
	return <-l.events
}

// silence lets the clock tick until d has passed without a line.
func (l *live) silence(d time.Duration) {
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC) // whatever: only differences count
	for range 1000 {                                   // until the reader waits for input, nothing is silence
		l.tick <- now
	}
	l.tick <- now.Add(d)
}

func (l *live) end() (rest []string, a Account) {
	l.in.Close()
	for id := range l.events {
		rest = append(rest, id)
	}
	return rest, <-l.done
}

// TestSilence: while input is silent, the time of its sensor goes on with the
// clock, however old its lines are. What is closed too early makes lines late.
func TestSilence(t *testing.T) {
	login := func(session string, second int) string {
		return cowrieLine("login.failed", session, second, fmt.Sprintf(`,"username":"a","password":"p%s%d"`, session, second))
	}
	whole := func(id string) bool { return !strings.HasPrefix(id, "authday:") }
	l := runLive(t, whole)
	l.line(login("s", 1))
	l.silence(9 * time.Minute)
	l.silence(11 * time.Minute)
	if id := <-l.events; id != "auth:d:s@2026-03-18T13:28:01Z:" {
		t.Errorf("11 minutes of silence give %s, want the episode", id)
	}
	l.line(login("s", 20))
	rest, a := l.end()
	if diff := cmp.Diff([]string{"s", "auth:d:s@2026-03-18T13:28:20Z:"}, rest); diff != "" || a.Late != 1 {
		t.Errorf("%d late lines, want 1; the end gives other events (-want +got):\n%s", a.Late, diff)
	}
}

// TestSilenceChangesNothing: six old failures with silence between them that is
// shorter than an episode's gap are one episode, as they are for tag.
func TestSilenceChangesNothing(t *testing.T) {
	l := runLive(t, func(id string) bool { return strings.Contains(id, "auth@") || strings.HasPrefix(id, "auth:") })
	for i := range 6 {
		l.line(cowrieLine("login.failed", "s", 1+i, fmt.Sprintf(`,"username":"a","password":"p%d"`, i)))
		l.silence(4 * time.Minute)
	}
	rest, a := l.end()
	if diff := cmp.Diff([]string{"auth:d:s@2026-03-18T13:28:01Z:", "auth:d:s@2026-03-18T13:28:01Z::a"}, rest); diff != "" || a.Late != 0 {
		t.Errorf("%d late lines; the end gives other events (-want +got):\n%s", a.Late, diff)
	}
}

// TestSessionSilent: a session without its closed line ends when its sensor's
// lines have gone on for over an hour, at the very line.
func TestSessionSilent(t *testing.T) {
	at := func(l string, clock string) string { return strings.Replace(l, "T13:28:01", "T"+clock, 1) }
	text := strings.Join([]string{
		cowrieLine("session.connect", "old", 1, ""), cowrieLine("command.input", "old", 1, `,"input":"id"`),
		at(cowrieLine("session.connect", "new", 1, ""), "14:33:00"),
		at(cowrieLine("session.connect", "new2", 1, ""), "14:33:02"), // an hour, 5 minutes and a second
		at(cowrieLine("command.input", "old", 1, `,"input":"w"`), "14:33:03"),
		at(cowrieLine("session.closed", "old", 1, ""), "14:33:04"),
	}, "\n")
	events, _ := runText(t, Config{Format: "cowrie"}, text)
	var ids []string
	for _, ev := range events {
		ids = append(ids, strings.Join(strings.Fields(ev)[:2], " "))
	}
	want := []string{"command old#cmd0", "session old", "command old#cmd1", "session new", "session new2"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

// TestDrainCarriesState: what is closed without a line comes with the state
// that lacks it, all of it or none: a run that goes on from there closes
// nothing twice.
func TestDrainCarriesState(t *testing.T) {
	var text strings.Builder
	for i := range 4000 { // each attacker leaves an episode and a day open
		l := cowrieLine("login.failed", fmt.Sprint("s", i), i%50, `,"username":"a","password":"p"`)
		text.WriteString(strings.ReplaceAll(l, "203.0.113.9", fmt.Sprintf("198.51.%d.%d", i/250, i%250)) + "\n")
	}
	rec := &recorder{}
	var state []byte
	var parts, sealed, lines int
	cfg := Config{Format: "cowrie", Workers: 1, WantState: func(*Batch) bool { return false }}
	_, err := Run(t.Context(), []Input{{Name: "in", FS: fstest.MapFS{"in": {Data: []byte(text.String())}}}}, cfg, rec.evaluator, func(b *Batch) error {
		switch {
		case b.Ends:
			return nil
		case b.Part:
			parts++
		case b.State != nil:
			sealed, state = sealed+1, bytes.Clone(b.State)
		default:
			lines++
		}
		if (b.State != nil || b.Part) != (len(b.lines) == 0) || b.State != nil && b.End == "" {
			t.Errorf("a batch of %d lines: a state of %d bytes at %q, part %v", len(b.lines), len(b.State), b.End, b.Part)
		}
		return nil
	})
	if err != nil || parts == 0 || sealed != 2 || lines == 0 {
		t.Fatalf("%d batches of lines, %d parts, %d states, %v: want some, some, that of the flush and the last", lines, parts, sealed, err)
	}
	rest := &recorder{}
	if _, err := Run(t.Context(), []Input{{Name: "in", Reader: strings.NewReader("")}}, Config{State: state}, rest.evaluator, func(*Batch) error { return nil }); err != nil || len(rest.events) > 0 {
		t.Errorf("after the flush, the state still closes %d events, %v", len(rest.events), err)
	}
}
