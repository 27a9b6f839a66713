package publish

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) {
	rounds.InMemory()
	goleak.VerifyTestMain(m)
}

// A receiver is an output that keeps what it takes and fails while it is told
// to.
type receiver struct {
	name string

	mu     sync.Mutex
	fails  error
	hangs  bool
	got    map[string][]int64 // numbers by source
	calls  []time.Time
	closed bool
}

func newReceiver(name string) *receiver {
	return &receiver{name: name, got: map[string][]int64{}}
}

func (r *receiver) Name() string { return r.name }

func (r *receiver) Send(ctx context.Context, source string, ms []store.Message) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, time.Now())
	if r.hangs {
		r.mu.Unlock()
		<-ctx.Done()
		r.mu.Lock()
		return 0, ctx.Err()
	}
	if r.fails != nil {
		return 0, r.fails
	}
	for _, m := range ms {
		r.got[source] = append(r.got[source], m.Seq)
	}
	return len(ms), nil
}

func (r *receiver) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return nil
}

func (r *receiver) set(fails error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = fails
}

func (r *receiver) called() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

func (r *receiver) numbers(source string) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got[source])
}

// A bench is a ledger and a publisher on it.
type bench struct {
	t      *testing.T
	ledger *store.MemoryLedger
	epochs map[string]int64
	*Publisher

	mu    sync.Mutex
	notes []Note
}

func newBench(t *testing.T, ledger *store.MemoryLedger, cfg Config) *bench {
	t.Helper()
	b := &bench{t: t, ledger: ledger, epochs: map[string]int64{}}
	if cfg.Outbox == nil {
		cfg.Outbox = ledger
	}
	cfg.Random = func() float64 { return 0.5 } // waits are what they are
	cfg.Observe = func(n Note) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.notes = append(b.notes, n)
	}
	var err error
	if b.Publisher, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) add(source string) {
	b.t.Helper()
	p, err := b.ledger.Resume(b.t.Context(), source, "test")
	if err == nil {
		b.epochs[source] = p.Epoch
		err = b.Add(b.t.Context(), source)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// commit commits n tags of source.
func (b *bench) commit(source string, n int) {
	b.t.Helper()
	c := &store.Commit{Source: source, Epoch: b.epochs[source], Tags: storetest.SomeTags(0, n)}
	if _, err := NewLimiter(0, time.Now).Commit(b.t.Context(), b.ledger, c); err != nil {
		b.t.Fatal(err)
	}
	b.Committed(source)
}

func (b *bench) close(grace time.Duration) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		b.t.Errorf("Close() error = %v", err)
	}
}

func (b *bench) kinds() (kinds []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := map[NoteKind]string{Stuck: "stuck", Resumed: "resumed", Lost: "lost"}
	for _, n := range b.notes {
		kinds = append(kinds, names[n.Kind]+" "+n.Output)
	}
	return kinds
}

// wantNumbers fails unless r got the messages 1 to last of source, each once
// and in order.
func wantNumbers(t *testing.T, r *receiver, source string, last int) {
	t.Helper()
	got := r.numbers(source)
	if len(got) != last {
		t.Errorf("%s got %d messages of %s, want %d", r.name, len(got), source, last)
		return
	}
	for i, seq := range got {
		if seq != int64(i+1) {
			t.Errorf("message %d of %s for %s has number %d", i, source, r.name, seq)
			return
		}
	}
}

func newLedger() *store.MemoryLedger { return store.NewMemoryLedger(time.Now) }

// someTag returns a tag whose texts are hostile.
func someTag() event.Tag {
	t := storetest.NamedTag(7, "a]\"\\b", "")
	t.SessionID, t.SourceID = event.Some("s\x1b[2J\n1"), "ü] 日本\x00"
	t.Evidence = []byte(`{"command_text":"=cmd|' /C calc'!A0\u0000"}`)
	return t
}

// tagged returns the message of a tag.
func tagged(seq int64, t event.Tag) store.Message {
	return store.Message{Seq: seq, Topic: store.Tagged, Body: t.AppendJSON(nil)}
}

// taggedMessages returns n messages.
func taggedMessages(n int) (ms []store.Message) {
	for i, t := range storetest.SomeTags(0, n) {
		ms = append(ms, tagged(int64(i+1), t))
	}
	return ms
}

var suppressed = store.Message{Seq: 9, Topic: store.Suppressed, Body: []byte(`{"rule_id":"R0001","attacker_uuid":"a","minute":"2026-11-30T09:00:00Z","limit":3}`)}

func send(t *testing.T, o Output, ms ...store.Message) {
	t.Helper()
	if n, err := o.Send(t.Context(), "source", ms); err != nil || n != len(ms) {
		t.Fatalf("%s: Send() = %d, %v, want all %d", o.Name(), n, err, len(ms))
	}
}

func open(t *testing.T, kind, target string, o Options) Output {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return time.Date(2026, 11, 30, 9, 0, 30, 0, time.UTC) }
	}
	out, err := Open(kind, target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := out.Close(); err != nil {
			t.Errorf("%s: Close() error = %v", out.Name(), err)
		}
	})
	return out
}
