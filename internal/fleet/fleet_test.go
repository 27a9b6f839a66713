package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ttpctl/internal/rounds"
	"ttpctl/internal/store"
	"ttpctl/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// A world is a database that members share, and who of them is cut off from it.
type world struct {
	claims *storetest.MemoryClaims

	mu     sync.Mutex
	beats  map[string]int64
	down   bool
	runs   map[int]string // by whom a partition is run
	twice  []string       // partitions that two ran at once
	events []string
}

func newWorld() *world {
	return &world{claims: storetest.NewMemoryClaims(), beats: map[string]int64{}, runs: map[int]string{}}
}

var errDown = &store.Error{Path: "test", Op: "asking", Class: store.Retry}

// A view is the database as one member sees it.
type view struct {
	w       *world
	id      string
	stopped chan struct{} // closed: the process does nothing any more
}

func (v *view) ask(ctx context.Context) error {
	select {
	case <-v.stopped:
		<-ctx.Done()
		return ctx.Err()
	default:
	}
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	if v.w.down {
		return errDown
	}
	return nil
}

func (v *view) Live(context.Context) ([]store.Lease, error)    { return nil, nil }
func (v *view) Release(context.Context, string) error          { return nil }
func (v *view) Renew(ctx context.Context, l store.Lease) error { return nil }

// All lists the leases of those that were not stopped, all of which are renewed, and
// of the others.
func (v *view) All(ctx context.Context) (all []store.Lease, err error) {
	if err := v.ask(ctx); err != nil {
		return nil, err
	}
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.beats[v.id]++
	for id, beats := range v.w.beats {
		all = append(all, store.Lease{ID: id, What: "serve", Beats: beats, Every: 5 * time.Second, Worker: store.Worker{Member: true}})
	}
	return all, nil
}

// viewClaims is the claims of a view.
type viewClaims struct{ v *view }

func (c viewClaims) All(ctx context.Context) ([]store.Claim, error) {
	if err := c.v.ask(ctx); err != nil {
		return nil, err
	}
	return c.v.w.claims.All(ctx)
}

func (c viewClaims) Take(ctx context.Context, seen store.Claim, owner, note string) (store.Claim, error) {
	if err := c.v.ask(ctx); err != nil {
		return store.Claim{}, err
	}
	return c.v.w.claims.Take(ctx, seen, owner, note)
}

func (c viewClaims) Renew(ctx context.Context, owner string, held []store.Claim) ([]string, error) {
	if err := c.v.ask(ctx); err != nil {
		return nil, err
	}
	return c.v.w.claims.Renew(ctx, owner, held)
}

func (c viewClaims) GiveUp(ctx context.Context, owner string, held store.Claim) error {
	if err := c.v.ask(ctx); err != nil {
		return err
	}
	return c.v.w.claims.GiveUp(ctx, owner, held)
}

// A process is a member and what it runs.
type process struct {
	*view
	m    *Member
	stop context.CancelFunc
	done chan error
}

// join starts a process that takes its share of n partitions.
func (w *world) join(id string, n int) *process {
	p := w.member(id)
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go func() {
		p.done <- p.m.Share(ctx, "p", n, func(ctx context.Context, partition int) error { return p.work(ctx, partition) })
	}()
	return p
}

func (w *world) member(id string) *process {
	p := &process{view: &view{w: w, id: id, stopped: make(chan struct{})}, done: make(chan error, 1)}
	p.m = Join(Config{Claims: viewClaims{p.view}, Leases: p.view, ID: id, Observe: func(e Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, fmt.Sprintf("%s %d %s", id, e.Kind, e.Claim.Name))
	}})
	return p
}

// work notes who runs a partition, and takes a second to drain.
func (p *process) work(ctx context.Context, partition int) error {
	w := p.w
	w.mu.Lock()
	if by := w.runs[partition]; by != "" {
		w.twice = append(w.twice, fmt.Sprintf("%d by %s and %s", partition, by, p.id))
	}
	w.runs[partition] = p.id
	w.mu.Unlock()
	<-ctx.Done()
	time.Sleep(time.Second)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.runs[partition] == p.id {
		w.runs[partition] = ""
	}
	return nil
}

// leave ends a process as a signal does.
func (p *process) leave(t *testing.T) {
	t.Helper()
	if p.stop(); p.stop != nil {
		if err := <-p.done; err != nil {
			t.Errorf("Share() of %s = %v", p.id, err)
		}
	}
	p.m.Close()
	p.w.mu.Lock()
	delete(p.w.beats, p.id)
	p.w.mu.Unlock()
}

// counts returns how many partitions each runs.
func (w *world) counts() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := map[string]int{}
	for _, by := range w.runs {
		n[by]++
	}
	return n
}

func (w *world) want(t *testing.T, when string, want string) {
	t.Helper()
	var got []string
	for id, n := range w.counts() {
		got = append(got, fmt.Sprintf("%s:%d", id, n))
	}
	slices.Sort(got)
	if g := strings.Join(got, " "); g != want {
		t.Errorf("%s: partitions are run by %s, want %s", when, g, want)
	}
}

// Members that come and go share out all partitions, and none is run by two while all
// are well.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a := w.join("a", 16)
		time.Sleep(3 * time.Second)
		w.want(t, "alone", "a:16")
		b := w.join("b", 16)
		time.Sleep(10 * time.Second)
		w.want(t, "two", "a:8 b:8")
		c := w.join("c", 16)
		time.Sleep(10 * time.Second)
		w.want(t, "three", "a:6 b:5 c:5")
		if st, looks := a.m.Status(); !looks || st.Workers != 3 || st.Held != 6 || st.Ownerless != 0 || st.Events["given_up"] != 10 {
			t.Errorf("Status() = %+v, %v, want 6 of 16 held, 10 given up", st, looks)
		}
		b.leave(t)
		time.Sleep(5 * time.Second)
		w.want(t, "after one left", "a:8 c:8")
		if len(w.twice) > 0 {
			t.Errorf("partitions were run by two at once: %v", w.twice)
		}
		a.leave(t)
		c.leave(t)
		all, err := w.claims.All(t.Context())
		if err != nil || len(all) != 16 {
			t.Errorf("claims = %v, %v, want 16", all, err)
		}
		for _, claim := range all {
			if claim.Owner != "" {
				t.Errorf("%+v is held after all have left", claim)
			}
		}
	})
}

// What a member that died had is taken over when its counters stood still for the
// dead time, and not before.
func TestTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a, b := w.join("a", 4), w.join("b", 4)
		time.Sleep(10 * time.Second)
		w.want(t, "two", "a:2 b:2")
		close(b.stopped)
		time.Sleep(Dead - 3*time.Second)
		w.want(t, "before it counts as dead", "a:2 b:2")
		time.Sleep(8 * time.Second)
		w.want(t, "after", "a:4")
		b.stop()
		<-b.done
		b.m.Close()
		a.leave(t)
	})
}

// A process that counts as living and takes nothing, as one does that is killed and
// started again and again, keeps no partition from those that work; one that works gets
// its share.
func TestForsaken(t *testing.T) {
	for range rounds.Of(t, 100, 800) { // who comes first at one moment is drawn
		synctest.Test(t, forsaken)
	}
}

func forsaken(t *testing.T) {
	w := newWorld()
	a, b := w.join("a", 6), w.join("b", 6)
	time.Sleep(10 * time.Second)
	w.want(t, "two", "a:3 b:3")
	beat, end := time.NewTicker(5*time.Second), make(chan bool)
	go func() {
		for {
			w.mu.Lock()
			w.beats["idle"]++
			w.mu.Unlock()
			select {
			case <-beat.C:
			case <-end:
				return
			}
		}
	}()
	close(b.stopped)
	b.stop()
	<-b.done
	time.Sleep(Dead + 4*Every)
	w.want(t, "after one died", "a:6")
	close(end)
	c := w.join("c", 6)
	time.Sleep(8 * Dead) // until the idle one is gone, and what was taken for its sake given up
	w.want(t, "when there is another", "a:3 c:3")
	b.m.Close()
	a.leave(t)
	c.leave(t)
}

// While the database is away partitions are kept, and when it is back their owners
// are the same: those who could not look do not count.
func TestAway(t *testing.T) {
	for _, rest := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond} { // who looks first
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			a := w.join("a", 4)
			time.Sleep(time.Second)
			b := w.join("b", 4)
			time.Sleep(10 * time.Second)
			w.mu.Lock()
			w.down, w.events = true, nil
			w.mu.Unlock()
			time.Sleep(time.Minute + rest)
			w.want(t, "away", "a:2 b:2")
			w.mu.Lock()
			w.down = false
			w.mu.Unlock()
			time.Sleep(20 * time.Second)
			w.want(t, "back", "a:2 b:2")
			if len(w.events) > 0 {
				t.Errorf("events = %v, want none", w.events)
			}
			a.leave(t)
			b.leave(t)
		})
	}
}

// A holder that was stopped and wakes is told that its claim is lost.
func TestLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		a := w.join("a", 1)
		time.Sleep(3 * time.Second)
		claims, err := w.claims.All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.claims.Take(t.Context(), claims[0], "thief", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		w.want(t, "after the theft", ":1")
		time.Sleep(Dead + 5*time.Second) // the thief renews nothing
		w.want(t, "later", "a:1")
		if want := []string{"a 1 p/0", "a 4 p/0", "a 2 p/0"}; !slices.Equal(w.events, want) {
			t.Errorf("events = %v, want %v", w.events, want)
		}
		a.leave(t)
	})
}

// A partition that fails ends all; one that is fenced off and still owned is run
// again.
func TestShareFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		p := w.member("a")
		broken, fenced := errors.New("broken"), 0
		err := p.m.Share(t.Context(), "p", 2, func(ctx context.Context, partition int) error {
			if partition == 1 {
				<-ctx.Done()
				return nil
			}
			if fenced++; fenced < 3 {
				return fmt.Errorf("storing: %w", store.ErrFenced)
			}
			return broken
		})
		if !errors.Is(err, broken) || fenced != 3 {
			t.Errorf("Share() = %v after %d attempts, want %v after 3", err, fenced, broken)
		}
		p.m.Close()
	})
}

// One at a time runs what is held; a second one waits, and takes over from one that
// ends, and from one that dies, which has stopped by then.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		var mu sync.Mutex
		var running []string
		var terms []int64
		hold := func(p *process) {
			ctx, stop := context.WithCancel(context.Background())
			p.stop = stop
			go func() {
				p.done <- p.m.Hold(ctx, "rules", func(ctx context.Context, term int64) error {
					mu.Lock()
					running, terms = append(running, p.id), append(terms, term)
					mu.Unlock()
					<-ctx.Done()
					mu.Lock()
					defer mu.Unlock()
					running = slices.DeleteFunc(running, func(id string) bool { return id == p.id })
					return nil
				})
			}()
		}
		want := func(when string, ids ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(running, ids) {
				t.Errorf("%s: run by %v, want %v", when, running, ids)
			}
		}
		a, b := w.member("a"), w.member("b")
		hold(a)
		time.Sleep(time.Second)
		hold(b)
		time.Sleep(time.Minute)
		want("two", "a")
		a.leave(t)
		time.Sleep(3 * time.Second)
		want("after one left", "b")
		c := w.member("c")
		hold(c)
		time.Sleep(5 * time.Second)
		close(b.stopped)
		time.Sleep(Dead - 2*time.Second)
		want("unreachable, before it counts as dead")
		time.Sleep(6 * time.Second)
		want("after", "c")
		if !slices.Equal(terms, []int64{1, 2, 3}) {
			t.Errorf("terms = %v, want them to grow", terms)
		}
		b.stop()
		<-b.done
		b.m.Close()
		c.leave(t)
	})
}

// What Hold runs ends by itself, with its error.
func TestHoldEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newWorld().member("a")
		for _, want := range []error{nil, errors.New("broken")} {
			if err := p.m.Hold(t.Context(), "rules", func(context.Context, int64) error { return want }); err != want {
				t.Errorf("Hold() = %v, want %v", err, want)
			}
		}
		p.m.Close()
	})
}
