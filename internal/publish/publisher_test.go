package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

// Several outputs get everything of several sources, in order, and nothing
// waits then.
func TestPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newReceiver("x"), newReceiver("y")
		b := newBench(t, newLedger(), Config{Outputs: []Output{x, y}})
		for _, source := range []string{"a", "b"} {
			b.add(source)
		}
		for i := range 10 {
			b.commit("a", 7)
			b.commit("b", 2*batch+i)
		}
		time.Sleep(time.Second)
		for _, r := range []*receiver{x, y} {
			wantNumbers(t, r, "a", 70)
			wantNumbers(t, r, "b", 20*batch+45)
		}
		if waiting, err := b.ledger.Waiting(t.Context()); err != nil || len(waiting) > 0 {
			t.Errorf("Waiting() = %v, %v, want nothing", waiting, err)
		}
		if got := b.Statuses(); len(got) != 2 || got[0] != (Status{Output: "x", Sent: 70 + 20*batch + 45}) {
			t.Errorf("Statuses() = %+v", got)
		}
		b.close(time.Second)
		if !x.closed || !y.closed {
			t.Error("Close() leaves an output open")
		}
	})
}

// An output that fails holds up no other, and catches up in order. It is told
// once that it is stuck, and once that it works again.
func TestOneDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, dead := newReceiver("live"), newReceiver("dead")
		dead.set(errors.New("connection refused"))
		b := newBench(t, newLedger(), Config{Outputs: []Output{dead, live}})
		b.add("a")
		for range 20 {
			b.commit("a", 100)
			time.Sleep(time.Second)
		}
		wantNumbers(t, live, "a", 2000)
		wantNumbers(t, dead, "a", 0)
		if s := b.Statuses()[0]; s.Err == nil || s.Output != "dead" {
			t.Errorf("Statuses()[0] = %+v, want dead with its error", s)
		}
		dead.set(nil)
		time.Sleep(longestWait)
		wantNumbers(t, dead, "a", 2000)
		if got := b.kinds(); !slices.Equal(got, []string{"stuck dead", "resumed dead"}) {
			t.Errorf("notes = %v", got)
		}
		b.close(time.Second)
	})
}

// The time between two attempts doubles from a second to a minute, and begins
// anew after a success.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver("r")
		r.set(errors.New("no"))
		b := newBench(t, newLedger(), Config{Outputs: []Output{r}})
		b.add("a")
		b.commit("a", 1)
		time.Sleep(4*time.Minute + time.Millisecond)
		var waits []time.Duration
		calls := r.called()
		for i := 1; i < len(calls); i++ {
			waits = append(waits, calls[i].Sub(calls[i-1]))
		}
		want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}
		for i := range want {
			want[i] *= time.Second
		}
		if !slices.Equal(waits[:min(len(waits), len(want))], want) {
			t.Errorf("attempts are %v apart, want %v", waits, want)
		}
		r.set(&waitError{errors.New("later"), 5 * time.Minute})
		time.Sleep(longestWait)
		n := len(r.called())
		time.Sleep(4 * time.Minute)
		if more := len(r.called()) - n; more > 0 {
			t.Errorf("%d attempts before the time that the receiver told", more)
		}
		r.set(nil)
		time.Sleep(2 * time.Minute)
		wantNumbers(t, r, "a", 1)
		r.set(errors.New("no"))
		n = len(r.called()) // before what the commit wakes
		b.commit("a", 1)
		time.Sleep(1500 * time.Millisecond)
		if got := len(r.called()) - n; got != 2 {
			t.Errorf("%d attempts in the first second and a half after a success, want 2", got)
		}
		b.close(time.Second)
	})
}

// Waits are spread, so that outputs that failed together do not come together.
func TestJitter(t *testing.T) {
	d := newDrain(&Publisher{}, newReceiver("r"))
	for random, want := range map[float64]time.Duration{0: 750 * time.Millisecond, 0.999999: 1250 * time.Millisecond} {
		d.wait, d.p.cfg.Random = time.Second, func() float64 { return random }
		if got := d.delay(errors.New("x")).Round(time.Millisecond); got != want {
			t.Errorf("delay() with %v = %v, want %v", random, got, want)
		}
	}
}

// A doneOutbox counts the calls of Done, and fails them while it is told to.
type doneOutbox struct {
	store.Outbox
	mu    sync.Mutex
	calls int
	fails error
}

func (o *doneOutbox) Done(ctx context.Context, passed ...store.Mark) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	if o.fails != nil {
		return o.fails
	}
	return o.Outbox.Done(ctx, passed...)
}

// swap has another outbox take the place of the one so far.
func (o *doneOutbox) swap(other store.Outbox) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Outbox, o.fails = other, nil
}

func (o *doneOutbox) now() store.Outbox {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Outbox
}

func (o *doneOutbox) Outputs(ctx context.Context, source string, names []string) error {
	return o.now().Outputs(ctx, source, names)
}

func (o *doneOutbox) Next(ctx context.Context, output, source string, after int64, most int) ([]store.Message, error) {
	return o.now().Next(ctx, output, source, after, most)
}

func (o *doneOutbox) Waiting(ctx context.Context) ([]store.Backlog, error) {
	return o.now().Waiting(ctx)
}

func (o *doneOutbox) Drop(ctx context.Context, most int) ([]store.Backlog, error) {
	return o.now().Drop(ctx, most)
}

func (o *doneOutbox) called() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls
}

func (o *doneOutbox) set(fails error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fails = fails
}

// Positions are stored together and now and then.
func TestNotedLazily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newLedger()
		outbox := &doneOutbox{Outbox: ledger}
		x, y := newReceiver("x"), newReceiver("y")
		b := newBench(t, ledger, Config{Outbox: outbox, Outputs: []Output{x, y}})
		b.add("a")
		b.add("b")
		for range 1000 { // a second
			b.commit("a", 1)
			b.commit("b", 1)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		if n := outbox.called(); n < 5 || n > 25 {
			t.Errorf("Done was called %d times in a second, want about 10 to 20", n)
		}
		if waiting, err := ledger.Waiting(t.Context()); err != nil || len(waiting) > 0 {
			t.Errorf("Waiting() = %v, %v, want nothing", waiting, err)
		}
		b.close(time.Second)
	})
}

// What was sent when a process ends before it could note it is sent again by
// the next, and nothing is left out.
func TestKilledBeforeDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newLedger()
		outbox := &doneOutbox{Outbox: ledger}
		first, second := newReceiver("out"), newReceiver("out")
		b := newBench(t, ledger, Config{Outbox: outbox, Outputs: []Output{first}})
		b.add("a")
		b.commit("a", 10)
		time.Sleep(time.Second)
		outbox.set(errors.New("killed"))
		b.commit("a", 10)
		time.Sleep(time.Second)
		wantNumbers(t, first, "a", 20)
		if err := b.Close(t.Context()); err == nil {
			t.Error("Close() that cannot note positions: no error")
		}
		b = newBench(t, ledger, Config{Outputs: []Output{second}})
		b.add("a")
		b.commit("a", 10)
		time.Sleep(time.Second)
		if got := second.numbers("a"); len(got) != 20 || got[0] != 11 || got[19] != 30 {
			t.Errorf("the next process sends %v, want 11 to 30", got)
		}
		b.close(time.Second)
	})
}

// A source that is resumed in another database, where its messages have lower
// numbers, goes on there.
func TestAnotherDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox := &doneOutbox{Outbox: newLedger(), fails: errors.New("gone")}
		r := newReceiver("r")
		b := newBench(t, outbox.Outbox.(*store.MemoryLedger), Config{Outbox: outbox, Outputs: []Output{r}})
		b.add("a")
		b.commit("a", 100)
		time.Sleep(time.Second)
		wantNumbers(t, r, "a", 100)
		b.ledger = newLedger() // and the marks of the one before still wait
		outbox.swap(b.ledger)
		r.mu.Lock()
		r.got = map[string][]int64{}
		r.mu.Unlock()
		r.set(errors.New("no")) // nothing is sent, and nothing may count as sent
		b.add("a")
		b.commit("a", 10)
		time.Sleep(2 * boundEvery)
		r.set(nil)
		time.Sleep(longestWait)
		wantNumbers(t, r, "a", 10)
		b.close(time.Second)
	})
}

// What is left of a source that nobody reads any more goes to the output of the
// same name, at the start or once it is known; that of others stays.
func TestUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newLedger()
		x, y := newReceiver("x"), newReceiver("y")
		x.set(errors.New("no"))
		y.set(errors.New("no"))
		b := newBench(t, ledger, Config{Outputs: []Output{x, y}})
		for _, source := range []string{"a", "b", "read"} {
			b.add(source)
			b.commit(source, 3)
		}
		b.close(time.Second)
		again, other := newReceiver("x"), newReceiver("other")
		var mu sync.Mutex
		unread := []string{"a"}
		b = newBench(t, ledger, Config{Outputs: []Output{again, other}, Unread: func(context.Context) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			return unread, nil
		}})
		time.Sleep(time.Second)
		wantNumbers(t, again, "a", 3)
		wantNumbers(t, again, "b", 0)
		mu.Lock()
		unread = []string{"a", "b"}
		mu.Unlock()
		time.Sleep(unreadEvery)
		wantNumbers(t, again, "b", 3)
		wantNumbers(t, again, "read", 0)
		if len(other.called()) > 0 {
			t.Error("an output gets what was another's")
		}
		waiting, err := ledger.Waiting(t.Context())
		if err != nil || len(waiting) != 4 { // y's of all three, x's of the one that is read
			t.Errorf("Waiting() = %v, %v, want what is others'", waiting, err)
		}
		b.close(time.Second)
	})
}

// A source that another process reads now is left to it, in the midst of a failure,
// too, until it is read here again.
func TestRemove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver("r")
		r.set(errors.New("no"))
		b := newBench(t, newLedger(), Config{Outputs: []Output{r}})
		b.add("a")
		b.add("b")
		b.commit("a", 5)
		b.commit("b", 5)
		time.Sleep(3 * time.Second)
		b.Remove("a")
		r.set(nil)
		time.Sleep(time.Minute)
		wantNumbers(t, r, "a", 0)
		wantNumbers(t, r, "b", 5)
		b.add("a")
		time.Sleep(time.Second)
		wantNumbers(t, r, "a", 5)
		b.close(time.Second)
	})
}

// Positions that could not be stored for a while are stored later.
func TestDoneFailsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := newLedger()
		outbox := &doneOutbox{Outbox: ledger, fails: errors.New("locked")}
		r := newReceiver("r")
		b := newBench(t, ledger, Config{Outbox: outbox, Outputs: []Output{r}})
		b.add("a")
		b.commit("a", 10)
		time.Sleep(time.Second)
		outbox.set(nil)
		time.Sleep(boundEvery)
		if waiting, err := ledger.Waiting(t.Context()); err != nil || len(waiting) > 0 {
			t.Errorf("Waiting() = %v, %v, want nothing", waiting, err)
		}
		wantNumbers(t, r, "a", 10)
		b.close(time.Second)
	})
}

// What a dead output may leave behind is bounded, and what goes is counted.
func TestOutboxMax(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, dead := newReceiver("live"), newReceiver("dead")
		dead.set(errors.New("no"))
		b := newBench(t, newLedger(), Config{Outputs: []Output{live, dead}, Max: 30})
		b.add("a")
		b.commit("a", 100)
		time.Sleep(2 * boundEvery)
		wantNumbers(t, live, "a", 100)
		dead.set(nil)
		time.Sleep(longestWait)
		if got := dead.numbers("a"); len(got) != 30 || got[0] != 71 {
			t.Errorf("dead gets %v, want the last 30", got)
		}
		b.mu.Lock()
		lost := b.notes[1]
		b.mu.Unlock()
		if want := (Note{Kind: Lost, Output: "dead", Source: "a", Messages: 70}); lost != want {
			t.Errorf("note = %+v, want %+v", lost, want)
		}
		b.close(time.Second)
	})
}

// Close sends what is there, waits neither for an output that fails nor beyond
// its grace for one that hangs, and notes what went out.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live, dead, hung := newReceiver("live"), newReceiver("dead"), newReceiver("hung")
		dead.set(errors.New("no"))
		hung.hangs = true
		b := newBench(t, newLedger(), Config{Outputs: []Output{live, dead, hung}})
		b.add("a")
		time.Sleep(time.Minute)
		b.commit("a", 3*batch+1)
		began := time.Now()
		b.close(7 * time.Second)
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("Close() took %v, want its grace", took)
		}
		wantNumbers(t, live, "a", 3*batch+1)
		waiting, err := b.ledger.Waiting(t.Context())
		want := []store.Backlog{{Output: "dead", Source: "a", Messages: 3*batch + 1}, {Output: "hung", Source: "a", Messages: 3*batch + 1}}
		if err != nil || !slices.Equal(waiting, want) {
			t.Errorf("Waiting() = %v, %v, want %v", waiting, err, want)
		}
	})
}

// An output in the midst of a wait is tried once more at the end.
func TestCloseTriesOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver("r")
		r.set(errors.New("no"))
		b := newBench(t, newLedger(), Config{Outputs: []Output{r}})
		b.add("a")
		b.commit("a", 5)
		time.Sleep(20 * time.Second)
		r.set(nil)
		began := time.Now()
		b.close(time.Minute)
		wantNumbers(t, r, "a", 5)
		if took := time.Since(began); took > time.Second {
			t.Errorf("Close() took %v, want no wait", took)
		}
	})
}

// A syncing output loses what it took while its Sync fails.
type syncing struct {
	*receiver
	fails bool
}

func (s *syncing) Sync(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails {
		return errors.New("disk")
	}
	return nil
}

// What an output could not make safe is sent again.
func TestSyncFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &syncing{receiver: newReceiver("s"), fails: true}
		b := newBench(t, newLedger(), Config{Outputs: []Output{s}})
		b.add("a")
		b.commit("a", 3)
		time.Sleep(time.Second)
		if waiting, _ := b.ledger.Waiting(t.Context()); len(waiting) != 1 || waiting[0].Messages != 3 {
			t.Errorf("Waiting() = %v, want the 3 that are not safe", waiting)
		}
		s.mu.Lock()
		s.fails = false
		s.got = map[string][]int64{}
		s.mu.Unlock()
		time.Sleep(longestWait)
		wantNumbers(t, s.receiver, "a", 3)
		if waiting, _ := b.ledger.Waiting(t.Context()); len(waiting) != 0 {
			t.Errorf("Waiting() = %v, want nothing", waiting)
		}
		b.close(time.Second)
	})
}

func TestNewRefuses(t *testing.T) {
	if p, err := New(Config{Outbox: newLedger(), Outputs: []Output{newReceiver("x"), newReceiver("x")}}); err == nil {
		p.Close(t.Context())
		t.Error("two outputs of one name: no error")
	}
	if _, err := Open("carrier-pigeon", "", Options{}); err == nil {
		t.Error("Open() of an unknown kind: no error")
	}
}

func TestParseTag(t *testing.T) {
	bare := storetest.NamedTag(1, "", "identity")
	bare.SessionID, bare.DeckyID, bare.SubTechnique, bare.ObservedAt, bare.AttackerIP = event.OptString{}, event.OptString{}, "", "", ""
	for _, want := range []event.Tag{bare, storetest.SomeTags(3, 1)[0]} {
		got, err := parseTag(want.AppendJSON(nil))
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("parseTag() = %+v, %v, want %+v", got, err, want)
		}
	}
	for _, body := range []string{``, `[]`, `{}`, `{"uuid":"1"}`} {
		if tag, err := parseTag([]byte(body)); err == nil {
			t.Errorf("parseTag(%q) = %+v, want an error", body, tag)
		}
	}
}
