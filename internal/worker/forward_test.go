package worker

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/worker/workertest"
)

// runOver runs a service over one file into l.
func runOver(t *testing.T, snap *engine.Snapshot, l store.Ledger, text, format string, f *Forward) error {
	s := &Service{
		InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Ledger: l, Once: true, Forward: f, stateEvery: time.Nanosecond,
		Observe: func(n Note) { t.Errorf("told %+v", n) },
	}
	feeds := make(chan Feed, 1)
	feeds <- Feed{Source: "log", Format: format, Input: ingest.Input{Name: "log.json", FS: fstest.MapFS{"log.json": {Data: []byte(text)}}}}
	close(feeds)
	return s.Run(t.Context(), feeds)
}

// forwardedBy returns the events that wait in db, a line each, which are numbered
// without a gap.
func forwardedBy(t *testing.T, db *sqlite.DB) string {
	t.Helper()
	var text bytes.Buffer
	ms, err := db.Outbox().Next(t.Context(), "out", "log", 0, math.MaxInt32)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range ms {
		if m.Seq != int64(i+1) || m.Topic != store.Forwarded {
			t.Fatalf("message %d is number %d of topic %d", i+1, m.Seq, m.Topic)
		}
		text.Write(m.Body)
		text.WriteByte('\n')
	}
	return text.String()
}

// What is forwarded is what would have been judged: whoever tags it finds what a
// tagger at the log finds. A run that is killed at any commit forwards each event once.
func TestForward(t *testing.T) {
	t.Parallel()
	snap := packSnapshot(t)
	log := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 8)
	direct, whole, behind := openDB(t), openDB(t), openDB(t)
	if err := runOver(t, snap, direct.Ledger(), log, "", nil); err != nil {
		t.Fatal(err)
	}
	forward := func(db *sqlite.DB, l store.Ledger) error {
		if err := db.Outbox().Outputs(t.Context(), "log", []string{"out"}); err != nil {
			t.Fatal(err)
		}
		return runOver(t, snap, l, log, "", NewForward(db.Outbox(), 0))
	}
	if err := forward(whole, whole.Ledger()); err != nil {
		t.Fatal(err)
	}
	events := forwardedBy(t, whole)
	if n := len(storedTags(t, whole)); n > 0 || events == "" {
		t.Errorf("who forwards %d bytes stored %d tags", len(events), n)
	}
	if err := runOver(t, snap, behind.Ledger(), events, "ttp", nil); err != nil {
		t.Fatal(err)
	}
	want := storedTags(t, direct)
	if diff := cmp.Diff(want, storedTags(t, behind)); diff != "" || len(want) == 0 {
		t.Errorf("of %d tags those of forwarded events differ (-direct +forwarded):\n%.3000s", len(want), diff)
	}
	killed := openDB(t)
	rng := rand.New(rand.NewPCG(16, 16))
	kills := 0
	for ; ; kills++ {
		err := forward(killed, &mortal{killed.Ledger(), 1 + rng.IntN(4), rng.IntN(2) == 0})
		if err == nil {
			break
		}
		if !errors.Is(err, errKilled) || kills > 500 {
			t.Fatalf("after %d kills: %v", kills, err)
		}
	}
	if diff := cmp.Diff(strings.Split(events, "\n"), strings.Split(forwardedBy(t, killed), "\n")); diff != "" || kills == 0 {
		t.Errorf("after %d kills events differ (-undisturbed +killed):\n%.3000s", kills, diff)
	}
}

// A mute ledger does the first commits, and does not say so.
type mute struct {
	store.Ledger
	commits int
}

func (m *mute) Commit(ctx context.Context, c *store.Commit) ([]int, error) {
	fresh, err := m.Ledger.Commit(ctx, c)
	if m.commits--; m.commits >= 0 && err == nil {
		return nil, &store.Error{Path: "test", Op: "committing", Class: store.Retry, Err: errKilled}
	}
	return fresh, err
}

// Events whose commit was done and not answered are not forwarded again.
func TestForwardUnanswered(t *testing.T) {
	t.Parallel() // it waits a second
	db := openDB(t)
	if err := db.Outbox().Outputs(t.Context(), "log", []string{"out"}); err != nil {
		t.Fatal(err)
	}
	snap := packSnapshot(t)
	s := &Service{
		InForce: func() *engine.Snapshot { return snap }, Now: time.Now, Ledger: &mute{db.Ledger(), 1}, Once: true, Forward: NewForward(db.Outbox(), 0), stateEvery: time.Nanosecond,
	}
	feeds := make(chan Feed, 1)
	feeds <- Feed{Source: "log", Format: "ttp", Input: ingest.Input{Name: "log.json", FS: fstest.MapFS{"log.json": {Data: bytes.Repeat(append(command(1).AppendJSON(nil, &event.Anchors{}, false), '\n'), 3)}}}}
	close(feeds)
	if err := s.Run(t.Context(), feeds); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(forwardedBy(t, db), "\n"); n != 3 {
		t.Errorf("%d events were forwarded, want 3", n)
	}
}

// A session whose commands are events of their own goes on with them in it, those
// outside of the filter do not go on.
func TestCarrier(t *testing.T) {
	c := &carrier{tagger: &Tagger{}, session: -1}
	session := &event.Event{SourceID: "s1", AttackerUUID: "a", SessionID: event.Some("s1")}
	session.SetKind("session")
	fanned := command(1)
	fanned.FannedOut = true
	for _, ev := range []*event.Event{command(1), session, fanned, fanned, command(2)} {
		if tags := c.Evaluate(nil, ev); len(tags) > 0 {
			t.Errorf("Evaluate() = %v, want no tags", tags)
		}
	}
	j := &Journal{}
	j.carry(c.Seen(nil))
	if len(j.events) != 3 || !bytes.Contains(j.events[0].Body, []byte(`"fire-R0000 "`)) || !bytes.Contains(j.events[1].Body, []byte(`"session"`)) {
		t.Errorf("forwarded %+v, want a command, a session and a command", j.events)
	}
	if c.Seen(nil).(*carried) != nil {
		t.Error("what was taken is there again")
	}
	j.carry((*carried)(nil))
	if len(j.events) != 3 {
		t.Errorf("%d events of a batch without any", len(j.events)-3)
	}
	c.tagger.Filter = event.Filter{Since: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	old := command(1)
	old.TS = "2020-01-01T00:00:00Z"
	if c.Evaluate(nil, old); c.outside != 1 || c.carried != nil {
		t.Errorf("%d events are outside of the filter, want 1", c.outside)
	}
}

// A backlog is an outbox in which messages of a source wait.
type backlog struct {
	store.Outbox
	messages chan int64 // what is found, look by look
}

func (b *backlog) Waiting(ctx context.Context) ([]store.Backlog, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return []store.Backlog{{Output: "a", Source: "log", Messages: 1}, {Output: "b", Source: "log", Messages: <-b.messages}, {Output: "a", Source: "other", Messages: 1 << 40}}, nil
}

// Who forwards waits while more messages than allowed wait of its source, and no longer
// than it is wanted: what was read is stored.
func TestForwardHasRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &backlog{messages: make(chan int64, 8)}
		for _, n := range []int64{12, 11, 10} {
			b.messages <- n
		}
		f := NewForward(b, 10)
		begun := time.Now()
		if err := f.room(t.Context(), "log"); err != nil || time.Since(begun) != 2*roomEvery {
			t.Errorf("room() = %v after %v, want after two looks", err, time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), roomEvery/2)
		defer cancel()
		b.messages <- 11
		if err := f.room(ctx, "log"); err != nil || ctx.Err() == nil {
			t.Errorf("room() = %v of who is stopped, want that it goes on when its context ends: %v", err, ctx.Err())
		}
		if err := f.room(ctx, "log"); err != nil {
			t.Errorf("room() = %v of who was stopped before", err)
		}
		b.messages <- math.MaxInt64 - 1
		if err := NewForward(b, 0).room(t.Context(), "log"); err != nil {
			t.Errorf("room() without a bound = %v", err)
		}
	})
}
