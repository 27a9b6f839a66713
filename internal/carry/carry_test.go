package carry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/attack"
	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/fleet"
	"ttpctl/internal/ingest"
	own "ttpctl/internal/jetstream"
	"ttpctl/internal/lifters"
	"ttpctl/internal/lines"
	"ttpctl/internal/publish"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// A site is a server with streams of the test's own, and a database.
type site struct {
	t       *testing.T
	js      jetstream.JetStream
	prefix  string
	address string
	db      *sqlite.DB
}

func newSite(t *testing.T) *site {
	t.Helper()
	server := os.Getenv("TTPCTL_TEST_NATS")
	if server == "" {
		t.Skip("LEFT OUT: no server for JetStream, TTPCTL_TEST_NATS names none")
	}
	nc, err := nats.Connect(server)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, prefix: fmt.Sprintf("c%x", time.Now().UnixNano())}
	s.address = server + "?partitions=2&prefix=" + s.prefix
	if s.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	if s.db, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"), sqlite.Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.db.Close()
		for _, name := range []string{"EVENTS", "OUT", "DEAD", "BUS"} {
			if err := s.js.DeleteStream(context.Background(), s.stream(name)); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				t.Error(err)
			}
		}
		nc.Close()
	})
	return s
}

func (s *site) stream(name string) string { return strings.ToUpper(s.prefix) + "_TTP_" + name }

// over returns what a process of the site does over NATS, until the end of the test.
func (s *site) over() *Over {
	o := &Over{
		Getenv: func(string) string { return "" }, Log: vitals.Log{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, Now: time.Now,
		Outbox: s.db.Outbox(), SetAside: s.db.DeadLetters().SetAside,
		Key: func(ctx context.Context, fresh []byte) ([]byte, error) { return s.db.Key(ctx, "ledger", fresh) },
	}
	s.t.Cleanup(func() { o.Close() })
	return o
}

// published returns what a stream has, a subject and its data each.
func (s *site) published(name string) (all []string) {
	s.t.Helper()
	stream, err := s.js.Stream(s.t.Context(), s.stream(name))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(s.t.Context(), seq)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, strings.TrimPrefix(m.Subject, s.prefix+".")+" "+string(m.Data))
	}
	return all
}

// poll fails the test unless ok holds soon.
func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute in vain: %s", what)
		}
	}
}

// state returns an update that a state of a rule was set, as change number revision.
func state(rule string, revision int64) worker.Update {
	return worker.Update{Changes: []worker.Change{{
		Op: worker.StateSet, RuleID: rule,
		State: store.StateChange{RuleID: rule, Revision: revision, State: event.State{Mode: event.Disabled, Reason: fmt.Sprint(revision), SetBy: "ana"}},
	}}}
}

// edit returns an update that a rule is gone, as change number rev of the database.
func edit(rule string, rev int64) worker.Update {
	return worker.Update{Changes: []worker.Change{{Op: worker.Removed, RuleID: rule, Rev: rev}}}
}

// Of those that share a database one tells of a change, and who speaks after it leaves
// nothing out and repeats nothing. What is of a process's own files it tells itself.
func TestHerald(t *testing.T) {
	s := newSite(t)
	start := func() (h *Herald, speak func(bool)) {
		h, err := s.over().Herald(t.Context(), s.address)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { h.Run(ctx) })
		t.Cleanup(func() { stop(); wg.Wait() })
		silence := func() {}
		return h, func(on bool) {
			silence()
			silence = func() {}
			if !on {
				return
			}
			speaks, hush := context.WithCancel(ctx)
			done := make(chan bool)
			go func() { h.Speak(speaks); close(done) }()
			silence = func() { hush(); <-done }
		}
	}
	a, aSpeaks := start()
	b, bSpeaks := start()
	both := func(u worker.Update) { a.Updated(u); b.Updated(u) }
	if a.Claim() != b.Claim() || !strings.Contains(a.Claim(), s.prefix) {
		t.Errorf("claims are %q and %q", a.Claim(), b.Claim())
	}
	aSpeaks(true)
	both(state("R0001", 1))
	both(edit("R0002", 7))
	poll(t, "two changes", func() bool { return len(s.published("OUT")) == 2 })
	aSpeaks(false)
	both(state("R0001", 2)) // nobody speaks now
	a.Updated(edit("R0003", 0))
	a.Updated(edit("R0003", 0)) // twice the same file: two changes
	poll(t, "what is of files", func() bool { return len(s.published("OUT")) == 4 })
	bSpeaks(true)
	poll(t, "what nobody told", func() bool { return len(s.published("OUT")) == 5 })
	both(state("R0001", 3))
	both(worker.Update{Changes: []worker.Change{{Op: worker.Refused, RuleID: "a.b *", File: "x.yaml", Rev: 8}}})
	poll(t, "the last", func() bool { return len(s.published("OUT")) == 7 })
	aSpeaks(true) // two at once, as for a moment after a pause
	both(edit("R0002", 9))
	poll(t, "one more", func() bool { return len(s.published("OUT")) >= 8 })
	time.Sleep(200 * time.Millisecond)
	said := func(n int) string {
		return fmt.Sprintf(`ttp.rule.state.R0001 {"rule_id":"R0001","state":"disabled","confidence_max":null,"expires_at":null,"reason":"%d","set_by":"ana"}`, n)
	}
	gone := func(rule string) string {
		return fmt.Sprintf(`ttp.rule.reloaded.%s {"rule_id":"%[1]s"}`, rule)
	}
	want := []string{
		said(1), gone("R0002"), gone("R0003"), gone("R0003"), said(2), said(3), `ttp.rule.reloaded._ {"rule_id":"a.b *","file":"x.yaml"}`, gone("R0002"),
	}
	if diff := cmp.Diff(want, s.published("OUT")); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

// What waits while NATS is away, and what another should have told, is bounded.
func TestHeraldIsBounded(t *testing.T) {
	s := newSite(t)
	h, err := s.over().Herald(t.Context(), s.address)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tidings + 5 {
		h.Updated(edit("R0001", int64(i+1)))
	}
	if ms, lost := h.due(); len(ms) != 0 || lost != 5 || len(h.waiting) != tidings {
		t.Errorf("%d to send, %d lost, %d wait; want 0, 5 and %d", len(ms), lost, len(h.waiting), tidings)
	}
	for i := range h.waiting {
		h.waiting[i].at = time.Now().Add(-2 * remembered)
	}
	h.Updated(edit("R0001", 0))
	if ms, lost := h.due(); len(ms) != 1 || lost != 1 || len(h.waiting) != 1 {
		t.Errorf("%d to send, %d lost, %d wait; want the one of its own, in the place of another", len(ms), lost, len(h.waiting))
	}
}

// An event that no server takes is a dead letter; a tag is stored anyway.
func TestRefused(t *testing.T) {
	s := newSite(t)
	o := s.over()
	event := &store.Message{Seq: 7, Topic: store.Forwarded, Body: []byte(`{"source_kind":"command"}`)}
	for range 2 {
		if err := o.refused(t.Context(), "log", event, own.ErrTooLarge); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.refused(t.Context(), "log", &store.Message{Seq: 8, Topic: store.Tagged}, own.ErrTooLarge); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := s.db.DeadLetters().Each(t.Context(), 0, func(d *store.DeadLetter) error {
		got = append(got, fmt.Sprintf("%s %s %s %s", d.Source, d.Where, d.Reason, d.Body))
		return nil
	})
	want := []string{fmt.Sprintf("log outbox:7 %v %s", own.ErrTooLarge, event.Body)}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("dead letters are %q, %v, want %q", got, err, want)
	}
	s.db.Close()
	if err := o.refused(t.Context(), "log", event, own.ErrTooLarge); err == nil {
		t.Error("an event that cannot be set aside is passed over")
	}
}

// A connection is made once for an address; a partition's lag is known by its name; the
// ledger's name is the database's.
func TestOver(t *testing.T) {
	s := newSite(t)
	o := s.over()
	feeds, err := o.Feeds(t.Context(), s.address)
	if err != nil || len(feeds) != 2 || feeds[1].Source != "nats:"+s.stream("EVENTS")+"/1" {
		t.Fatalf("Feeds() = %+v, %v", feeds, err)
	}
	one, err := o.Options(t.Context(), s.address, publish.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.over().Options(t.Context(), s.address, publish.Options{})
	if err != nil || one.Ledger != other.Ledger || len(one.Ledger) != 32 {
		t.Errorf("ledgers are %q and %q, %v, want one of 16 bytes", one.Ledger, other.Ledger, err)
	}
	if _, err := one.NATS.Send(t.Context(), []own.Message{{Subject: s.prefix + ".ttp.events.1", ID: "1", Data: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
	lag, err := o.Lag(t.Context(), s.address)
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]int64{feeds[0].Source: 0, feeds[1].Source: 1, "stdin": 0} {
		if n, err := lag(t.Context(), source, ""); n != want || err != nil {
			t.Errorf("lag of %s = %d, %v, want %d", source, n, err, want)
		}
	}
	if st := o.Stats(t.Context()); len(st) != 1 || st[0].Published != 1 {
		t.Errorf("Stats() = %+v, want one connection that published once", st)
	}
	if _, err := o.Feeds(t.Context(), "nats://user:secret@nowhere"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("Feeds() of what is no address: %v", err)
	}
}

// While third parties publish, the claim of the router moves from process to process,
// and one takes the messages without it: each event is in its partition once, in order.
func TestRouterMoves(t *testing.T) {
	s := newSite(t)
	snapshot := emptySnapshot(t)
	// route starts a process that routes while it holds the claim, or without one.
	route := func(id string, claimed bool) (stop func()) {
		o := s.over()
		r, err := o.Router(t.Context(), s.address, &worker.Service{
			InForce: func() *engine.Snapshot { return snapshot }, Now: time.Now, Ledger: s.db.Ledger(), Owner: id,
			Ingest: ingest.Config{Workers: 1, MaxLine: 1 << 20, KeepOpen: true}, Forward: worker.NewForward(s.db.Outbox(), 0),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		m := fleet.Join(fleet.Config{Claims: s.db.Claims(), Leases: s.db.Leases(), ID: id, Note: id, Every: 50 * time.Millisecond, Dead: time.Second})
		done := make(chan error, 1)
		go func() {
			if !claimed {
				done <- r.Run(ctx)
				return
			}
			done <- m.Hold(ctx, "router", func(ctx context.Context, _ int64) error { return r.Run(ctx) })
		}()
		return sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil && !errors.Is(err, store.ErrFenced) {
				t.Errorf("%s: %v", id, err)
			}
			end, stop := context.WithTimeout(context.Background(), 10*time.Second)
			defer stop()
			if err := r.Close(end); err != nil {
				t.Errorf("%s: Close() error = %v", id, err)
			}
			m.Close()
		})
	}
	owned := func(by string, epoch int64) {
		t.Helper()
		var all []store.Position
		poll(t, by+" to have resumed", func() (ok bool) {
			all, _ = s.db.Ledger().Sources(t.Context())
			return len(all) == 1 && all[0].Owner == by && all[0].Epoch >= epoch
		})
	}
	const rounds, size = 4, 50
	n := 0
	publishSome := func() {
		for range size {
			n++
			data := fmt.Appendf(nil, `{"session_id":"s%03d","attacker_uuid":"a%d","payload":{"service":"ssh"}}`, n, n%3)
			if _, err := s.js.Publish(t.Context(), s.prefix+".attacker.session.ended", data); err != nil {
				t.Fatal(err)
			}
		}
	}
	a := route("a", true)
	defer a()
	publishSome()
	b := route("b", true)
	defer b()
	publishSome()
	a() // the other takes it
	publishSome()
	owned("b", 2)
	stray := route("stray", false) // b is fenced off, and waits for the claim again
	publishSome()
	owned("b", 4)
	stray()
	if _, err := s.js.Publish(t.Context(), s.prefix+".attacker.observed", []byte(`{"no":"kind"}`)); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for i := 1; i <= rounds*size; i++ {
		attacker := fmt.Sprintf("a%d", i%3)
		want[attacker] = append(want[attacker], fmt.Sprintf("s%03d", i))
	}
	got := map[string][]string{}
	o := s.over()
	feeds, err := o.Feeds(t.Context(), s.address)
	if err != nil {
		t.Fatal(err)
	}
	poll(t, "all to be routed", func() bool { return routed(t, s) == rounds*size })
	behind, err := o.Lag(t.Context(), s.address)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range feeds {
		src, err := f.Input.Source(t.Context(), lines.SourceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		var block lines.Block
		for {
			if n, err := behind(t.Context(), f.Source, string(block.Cursor)); err != nil || n == 0 {
				break
			}
			block.Reset()
			if err := src.Next(t.Context(), &block); err != nil {
				t.Fatal(err)
			}
			for i := range block.Lines {
				var e struct {
					Attacker string `json:"attacker_uuid"`
					Session  string `json:"session_id"`
				}
				if err := json.Unmarshal(block.Raw(i), &e); err != nil {
					t.Fatal(err)
				}
				got[e.Attacker] = append(got[e.Attacker], e.Session)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events in partitions by attacker (-want +got):\n%s", diff)
	}
	poll(t, "what names no kind to be set aside", func() bool {
		n, err := s.db.DeadLetters().Count(t.Context())
		return err == nil && n == 1
	})
}

// routed returns how many events the partitions have, repeats not counted.
func routed(t *testing.T, s *site) int {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range s.published("EVENTS") {
		_, data, _ := strings.Cut(m, " ")
		var e struct {
			Session string `json:"session_id"`
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		seen[e.Session] = true
	}
	return len(seen)
}

// emptySnapshot is of no rules: a router judges nothing.
func emptySnapshot(t *testing.T) *engine.Snapshot {
	t.Helper()
	rs, diags := engine.Compile(nil, engine.Config{Catalogue: attack.Load(), Builders: lifters.Builders()})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return engine.NewSnapshot(rs, nil, time.Now())
}
