package fleet

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/store"
)

const (
	// Every is the time between two renewals of a claim, and two looks at those of
	// others.
	Every = 2 * time.Second
	// Dead is how long a counter stands still before its holder counts as dead.
	Dead = 10 * time.Second
)

// A Config is what a Member goes by.
type Config struct {
	Claims store.Claims
	Leases store.Leases // who lives
	ID     string       // of this process's lease; owner of its claims
	Note   string       // who it is, for people
	// Every and Dead are other times than those of the package; 0 = those.
	Every, Dead time.Duration
	// Notify is told when claims cannot be renewed or read, and when they can again;
	// Observe, what becomes of claims. They are called from several goroutines and must
	// not block. nil = nobody wants to know.
	Notify  func(store.Notice)
	Observe func(Event)
}

// An Event is what became of a claim.
type Event struct {
	Kind  EventKind
	Claim store.Claim
}

// An EventKind says what became of a claim.
type EventKind uint8

// What becomes of claims.
const (
	Taken       EventKind = iota + 1 // it was free
	TakenOver                        // its holder counted as dead
	GivenUp                          // it is free again
	Lost                             // another process took it
	Unreachable                      // its holder could not renew it for too long, and stops
)

// String returns the word for k.
func (k EventKind) String() string {
	return [...]string{Taken: "taken", TakenOver: "taken_over", GivenUp: "given_up", Lost: "lost", Unreachable: "unreachable"}[k]
}

// A Status is what a member sees.
type Status struct {
	Workers   int              // that live, by their leases
	Held      int              // claims of this process
	Ownerless int              // claims that are free, or whose holders count as dead
	Events    map[string]int64 // what became of this process's claims, and how often
}

// A Member is a process among those that share a database. It is safe for concurrent
// use.
type Member struct {
	cfg   Config
	kick  chan struct{} // look now
	begin sync.Once     // begins to look
	ctx   context.Context
	stop  context.CancelFunc
	done  chan struct{}

	mu      sync.Mutex
	watch   watch
	looked  bool // the last look succeeded
	changed chan struct{}
	held    map[string]*holding
	events  map[EventKind]int64
}

// A holding is a claim of this process, under which something runs.
type holding struct {
	claim  store.Claim
	cancel context.CancelCauseFunc
	fence  *time.Timer // ends what must not go on when nobody renews; nil = it may
}

// Why what runs under a claim is to end.
var (
	errLost   = errors.New("the claim is lost")
	errGiveUp = errors.New("the claim is given up")
)

// Join returns a member that begins to look when there is something to hold or to
// share, until Close.
func Join(cfg Config) *Member {
	if cfg.Every == 0 {
		cfg.Every = Every
	}
	if cfg.Dead == 0 {
		cfg.Dead = Dead
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Event) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &Member{
		cfg: cfg, kick: make(chan struct{}, 1), ctx: ctx, stop: stop, done: make(chan struct{}),
		watch: watch{dead: cfg.Dead}, changed: make(chan struct{}), held: map[string]*holding{}, events: map[EventKind]int64{},
	}
	return m
}

// Close ends the looking. Every Hold and Share has returned before.
func (m *Member) Close() error {
	m.stop()
	m.begin.Do(func() { close(m.done) }) // it never looked
	<-m.done
	return nil
}

// run renews and looks, again and again.
func (m *Member) run() {
	defer close(m.done)
	ctx := m.ctx
	notices := store.Notices{Notify: m.cfg.Notify}
	ticker := time.NewTicker(m.cfg.Every)
	defer ticker.Stop()
	for {
		err := m.round(ctx)
		if ctx.Err() != nil {
			return
		}
		notices.Tell("claims", err)
		select {
		case <-ticker.C:
		case <-m.kick:
		case <-ctx.Done():
			return
		}
	}
}

// round renews what is held, looks, and wakes who waits for that.
func (m *Member) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Dead/2)
	defer cancel()
	err := m.renew(ctx)
	claims, e := m.cfg.Claims.All(ctx)
	if err == nil {
		err = e
	}
	leases, e := m.cfg.Leases.All(ctx)
	if err == nil {
		err = e
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.looked = err == nil; m.looked {
		m.watch.look(time.Now(), claims, leases)
		close(m.changed)
		m.changed = make(chan struct{})
	}
	return err
}

// renew moves the counters of what is held, and ends what runs under a claim that is
// lost.
func (m *Member) renew(ctx context.Context) error {
	m.mu.Lock()
	held := slices.Collect(maps.Values(m.held))
	m.mu.Unlock()
	if len(held) == 0 {
		return nil
	}
	claims := make([]store.Claim, len(held))
	for i, h := range held {
		claims[i] = h.claim
	}
	slices.SortFunc(claims, func(a, b store.Claim) int { return strings.Compare(a.Name, b.Name) }) // two that renew lock rows in one order
	begun := time.Now()
	lost, err := m.cfg.Claims.Renew(ctx, m.cfg.ID, claims)
	if err != nil {
		return err
	}
	for _, h := range held {
		if slices.Contains(lost, h.claim.Name) {
			h.cancel(errLost)
		} else if h.fence != nil && h.fence.Stop() {
			h.fence.Reset(m.patience() - time.Since(begun))
		}
	}
	return nil
}

// patience is how long what Hold runs goes on without a renewal: less than others
// wait.
func (m *Member) patience() time.Duration { return m.cfg.Dead * 3 / 4 }

// next returns what is closed by the next look.
func (m *Member) next() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

// hurry has the next look come at once.
func (m *Member) hurry() {
	m.begin.Do(func() { go m.run() })
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// free returns the claim called name as it was seen when it can be taken, and whether
// its holder is dead. One that is this process's and not held comes from a taking
// whose success nobody heard of.
func (m *Member) free(name string) (c store.Claim, dead, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.looked || m.held[name] != nil {
		return store.Claim{}, false, false
	}
	c, dead = m.watch.claim(name)
	return c, dead, dead || c.Owner == "" || c.Owner == m.cfg.ID
}

// forsaken reports whether a claim could have been taken for longer than those need
// whose share it is.
func (m *Member) forsaken(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, _ := m.watch.claim(name)
	return c.Epoch > 0 && m.watch.still("claim "+name) >= m.cfg.Dead+2*m.cfg.Every
}

// take takes a claim if it can be, and holds it until release. fenced says that what
// runs under it ends when it could not be renewed in time.
func (m *Member) take(ctx context.Context, name string, fenced bool) (*holding, context.Context) {
	seen, dead, ok := m.free(name)
	if !ok || ctx.Err() != nil {
		return nil, nil
	}
	begun := time.Now()
	asking, stop := context.WithTimeout(ctx, m.cfg.Dead/2)
	defer stop()
	claim, err := m.cfg.Claims.Take(asking, seen, m.cfg.ID, m.cfg.Note)
	if err != nil {
		return nil, nil // another was quicker, or the next look says what is wrong
	}
	under, cancel := context.WithCancelCause(ctx)
	h := &holding{claim: claim, cancel: cancel}
	if fenced {
		h.fence = time.AfterFunc(m.patience()-time.Since(begun), func() { cancel(errUnreachable) })
	}
	m.mu.Lock()
	m.held[name] = h
	m.mu.Unlock()
	kind := Taken
	if dead {
		kind = TakenOver
	}
	m.happened(Event{kind, claim})
	return h, under
}

var errUnreachable = errors.New("the claim could not be renewed in time")

// release ends the holding of a claim, and frees it unless it is lost. What cannot be
// freed is dead after a while.
func (m *Member) release(h *holding, under context.Context) {
	if h.fence != nil {
		h.fence.Stop()
	}
	m.mu.Lock()
	delete(m.held, h.claim.Name)
	m.mu.Unlock()
	kind := GivenUp
	switch cause := context.Cause(under); {
	case errors.Is(cause, errLost):
		kind = Lost
	case errors.Is(cause, errUnreachable):
		kind = Unreachable
	}
	h.cancel(nil)
	if kind != Lost {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(under), m.cfg.Dead/2)
		defer cancel()
		_ = m.cfg.Claims.GiveUp(ctx, m.cfg.ID, h.claim)
	}
	m.happened(Event{kind, h.claim})
}

// happened counts and tells what became of a claim.
func (m *Member) happened(e Event) {
	m.mu.Lock()
	m.events[e.Kind]++
	m.mu.Unlock()
	m.cfg.Observe(e)
}

// Status returns what m saw when it looked last, and whether it looks: it does when
// there is something to hold or to share.
func (m *Member) Status() (s Status, looks bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s = Status{Workers: len(m.watch.living()), Held: len(m.held), Events: map[string]int64{}}
	for _, c := range m.watch.claims {
		if _, dead := m.watch.claim(c.Name); dead || c.Owner == "" {
			s.Ownerless++
		}
	}
	for k, n := range m.events {
		s.Events[k.String()] = n
	}
	return s, !m.watch.last.IsZero()
}
