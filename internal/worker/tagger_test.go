package worker

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqlite"
)

// A served is one run of a Tagger: what it put into the outbox, told and
// counted.
type served struct {
	published []string
	notes     []Note
	heard     chan NoteKind // of each note; nil = nobody listens
	account   ingest.Account
	stats     Stats
	err       error
}

// tagger returns a Tagger for the rules of ids 0 and 1 that notes what it
// tells in out.
func (out *served) tagger() *Tagger {
	d := newDefinitions(compileConfig())
	for i := range 2 {
		d.put(source(ruleID(i)+".yaml", ruleText(ruleID(i), 1)))
	}
	d.rebuild()
	snap := engine.NewSnapshot(d.ruleset, nil, time.Now())
	return &Tagger{
		InForce: func() *engine.Snapshot { return snap }, Now: time.Now,
		Observe: func(n Note) {
			if out.notes = append(out.notes, n); out.heard != nil {
				out.heard <- n.Kind
			}
		},
	}
}

func (out *served) run(ctx context.Context, t *Tagger, input string) {
	out.account, out.err = t.Run(ctx, []ingest.Input{{Name: "test", Reader: strings.NewReader(input)}}, ingest.Config{Format: "ttp"})
	out.stats = t.Stats()
}

// serve runs input from the beginning into ledger, a source of its own each
// time.
func serve(ctx context.Context, ledger store.Ledger, input string) *served {
	return (&served{}).serve(ctx, ledger, input)
}

func (out *served) serve(ctx context.Context, ledger store.Ledger, input string) *served {
	t := out.tagger()
	s := &Service{
		InForce: t.InForce, Now: t.Now, Observe: t.Observe, Ledger: ledger, Once: true, Ingest: ingest.Config{Format: "ttp"},
		Committed: func(c *Committed) {
			for _, i := range c.Fresh {
				out.published = append(out.published, c.Tags[i].SourceID+" "+c.Tags[i].RuleID)
			}
		},
	}
	feeds := make(chan Feed, 1)
	feeds <- Feed{Source: fmt.Sprint("test ", time.Now().UnixNano()), Input: ingest.Input{Name: "test", Reader: strings.NewReader(input)}}
	close(feeds)
	out.err = s.Run(ctx, feeds)
	out.account, out.stats = *s.Account(), s.Stats()
	return out
}

// told returns how many notes of kind k there were.
func (s *served) told(k NoteKind) (n int) {
	for _, note := range s.notes {
		if note.Kind == k {
			n++
		}
	}
	return n
}

func line(id, text string) string {
	return fmt.Sprintf(`{"source_kind":"command","source_id":%q,"attacker_uuid":"a1","payload":{"command_text":%q}}`+"\n", id, text)
}

func TestServeReplayPublishesNothing(t *testing.T) {
	db := openDB(t)
	first := line("e1", "fire-r0000 fire-r0001") + line("e2", "nothing") + line("e3", "fire-r0001")
	got := serve(t.Context(), db.Ledger(), first)
	if want := "[e1 R0000 e1 R0001 e3 R0001]"; fmt.Sprint(got.published) != want || got.err != nil {
		t.Errorf("published %v, %v, want %s", got.published, got.err, want)
	}
	got = serve(t.Context(), db.Ledger(), first+line("e4", "fire-r0000"))
	if want := "[e4 R0000]"; fmt.Sprint(got.published) != want || got.stats.Duplicates != 3 || got.stats.New != 1 {
		t.Errorf("replay with one new event: published %v, %+v, want %s and 3 duplicates", got.published, got.stats, want)
	}
	got = serve(t.Context(), store.NewMemoryLedger(time.Now), first)
	if len(got.published) != 3 {
		t.Errorf("without a database, published %v, want all 3", got.published)
	}
}

func TestServeAccounts(t *testing.T) {
	const many = 5000 // more than a batch holds
	var input strings.Builder
	input.WriteString(line("e1", "fire-r0000") + "nonsense\n" + "\n")
	for i := range many {
		fmt.Fprintf(&input, `{"source_kind":"future","source_id":"f%d","attacker_uuid":"a1","payload":{}}`+"\n", i)
		fmt.Fprintf(&input, `{"source_kind":"email","source_id":"m%d","attacker_uuid":"a1","payload":{}}`+"\n", i)
	}
	got := serve(t.Context(), store.NewMemoryLedger(time.Now), input.String())
	if a := got.account; a.Lines != 2*many+3 || a.Rejected != 1 || a.Blank != 1 || a.Events != 2*many+1 {
		t.Errorf("account %+v, want %d lines, 1 rejected, 1 blank, %d events", a, 2*many+3, 2*many+1)
	}
	for _, want := range []Note{
		{Kind: LineRejected, Rejection: ingest.Rejection{File: "test", Line: 2}, Count: 1}, {Kind: KindUnknown, Event: "future"}, {Kind: KindUnread, Event: "email"},
	} {
		n := 0
		for _, note := range got.notes {
			note.Rejection.Reason = ""
			if note == want {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%+v was told %d times, want once", want, n)
		}
	}
}

// What strangers send must not fill the disk with log.
func TestServeTellsBounded(t *testing.T) {
	const many = 3000
	var input strings.Builder
	for i := range many {
		fmt.Fprintf(&input, "nonsense\n"+`{"source_kind":"kind%d","source_id":"f","attacker_uuid":"a1","payload":{}}`+"\n", i)
	}
	got := serve(t.Context(), store.NewMemoryLedger(time.Now), input.String())
	for _, c := range []struct {
		what NoteKind
		want int
	}{{LineRejected, rejectionsTold + many/rejectionsEvery}, {KindUnknown, unknownTold}} {
		if n := got.told(c.what); n != c.want {
			t.Errorf("notes of kind %d were told %d times, want %d", c.what, n, c.want)
		}
	}
}

func TestTagPublishError(t *testing.T) {
	broken, out := errors.New("no reader"), &served{}
	s := out.tagger()
	s.Publish = func([]event.Tag) error { return broken }
	if out.run(t.Context(), s, line("e1", "fire-r0000")); !errors.Is(out.err, broken) {
		t.Errorf("Run = %v, want %v", out.err, broken)
	}
}

// A database that another process holds makes the input wait, not fail; when
// ctx ends meanwhile, the error comes out.
func TestServeWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ttpctl.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: time.Now, Busy: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	release := lock(t, path)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done, heard := make(chan *served), make(chan NoteKind, 10)
	go func() { done <- (&served{heard: heard}).serve(ctx, db.Ledger(), line("e1", "fire-r0000")) }()
	select {
	case got := <-done:
		t.Fatalf("Run on a locked database = %v, want it to wait", got.err)
	case kind := <-heard:
		if kind != StoreWaits {
			t.Errorf("told %v first, want that it waits", kind)
		}
	}
	release()
	if got := <-done; got.err != nil || len(got.published) != 1 || got.told(StoreWaits) != 1 || got.told(StoreResumed) != 1 {
		t.Errorf("after the lock, Run = %v and published %v, want the tag; told %+v", got.err, got.published, got.notes)
	}

	release = lock(t, path)
	defer release()
	stop()
	if got := serve(ctx, db.Ledger(), line("e9", "fire-r0000")); got.err != nil {
		t.Errorf("Run with ctx ended before it read = %v, want nil", got.err)
	}
}
