package live

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"ttpctl/internal/attack"
	"ttpctl/internal/corpus"
	"ttpctl/internal/engine"
	"ttpctl/internal/report"
	"ttpctl/internal/report/html"
	"ttpctl/internal/store"
)

// Config is what a Board needs.
type Config struct {
	Tags      Tags
	Sessions  Sessions                // kept as they were typed; nil = none are
	InForce   func() *engine.Snapshot // the rules and their states
	Catalogue *attack.Catalogue
	Version   string // of the tool
	// Score scores rules on labelled rows; nil = nobody does.
	Score func(ctx context.Context, rules []string, rs *engine.Ruleset) ([]corpus.RuleScore, error)
	Warn  func(error) // of what could not be read or scored; nil = nobody is told
	Now   func() time.Time

	Most     int           // tags that a report looks at; 0 = 50,000
	Tick     time.Duration // between looks for new tags; 0 = a second
	Every    time.Duration // between reports, at least; 0 = 3 seconds
	Patience time.Duration // with one report; 0 = 10 seconds
}

// Tags are what is stored: a part of [store.Tags].
type Tags interface {
	Each(ctx context.Context, f store.Filter, limit int, yield func(*store.StoredTag) error) error
}

// Sessions are those that were kept as they were typed: a part of [store.Sessions].
type Sessions interface {
	Each(ctx context.Context, id string, yield func(*store.KeptLines) error) error
}

// Bounds of what the board does.
const (
	leastTags = 5_000            // that a report looks at, however slow that is
	rest      = 20               // times what a report took
	again     = 30 * time.Second // at most, until a report that could not be read is tried again: there may be none to show
	attention = time.Minute      // that one request gets
	anew      = 10 * time.Minute // at the latest the report is put together again: tags may have been pruned
	straggle  = 10 * time.Second // behind a tag, others may be stored that have lower numbers: those of another transaction
	mostHits  = 8                // that are shown
	mostNews  = 1_000            // tags that are counted one by one between two ticks
)

// A Board keeps the report up to date. It is safe for concurrent use.
type Board struct {
	cfg  Config
	wake chan struct{} // holds a token while somebody asked

	// Of the goroutine of Run alone.
	most     int // tags that the next report looks at
	scores   scoring
	next     time.Time // a report may be put together again
	made     time.Time // the last one was
	stale    bool      // tags came since
	settles  time.Time // when all is stored that was being stored beside the last of them; zero = it is
	lastSeq  int64     // the newest tag that is known
	tags     int       // that the page counts
	sum      bool      // whether tags is known
	inForce  string    // hashes of what the page shows
	failures int       // in a row
	manyKept bool      // sessions, too many to be read

	mu      sync.Mutex
	asked   time.Time
	viewers map[*Viewer]bool
	report  *html.LiveReport // nil = not yet
	rules   []html.LiveRule
	hits    []html.Hit // the newest first
	hitNo   int64      // counts hits; the newest of hits has it
	count   int        // of tags, 0 = not known
	rev     int64      // of what pages are made of
	asOf    time.Time
	pages   [2]*Page      // of readers and admins, of the newest rev; nil = nobody asked
	first   chan struct{} // closed when there is a report
	start   int64         // tells revs of two processes apart
}

// New returns a Board whose Run is still to be called.
func New(cfg Config) *Board {
	if cfg.Most == 0 {
		cfg.Most = 50_000
	}
	if cfg.Tick == 0 {
		cfg.Tick = time.Second
	}
	if cfg.Every == 0 {
		cfg.Every = 3 * time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = 10 * time.Second
	}
	if cfg.Warn == nil {
		cfg.Warn = func(error) {}
	}
	return &Board{cfg: cfg, most: cfg.Most, wake: make(chan struct{}, 1), viewers: map[*Viewer]bool{}, first: make(chan struct{}), start: cfg.Now().UnixNano()}
}

// Run keeps the report up to date until ctx ends.
func (b *Board) Run(ctx context.Context) {
	tick := time.NewTicker(b.cfg.Tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		for b.wanted() && ctx.Err() == nil {
			b.step(ctx)
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
		b.forget()
	}
}

// wanted reports whether anybody looks.
func (b *Board) wanted() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.viewers) > 0 || b.cfg.Now().Sub(b.asked) < attention
}

// ask notes that somebody looks.
func (b *Board) ask() {
	b.mu.Lock()
	b.asked = b.cfg.Now()
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// forget lets go of the report: nobody looks, and it grows old.
func (b *Board) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.viewers) > 0 || b.report == nil {
		return
	}
	b.report, b.hits, b.pages, b.lastSeq, b.next, b.manyKept = nil, nil, [2]*Page{}, 0, time.Time{}, false
	b.first = make(chan struct{})
}

// A Page is what all visitors of a role see in common. Its bytes are shared.
type Page struct {
	Rev  string // changes with it
	Body []byte
	Gzip []byte // Body, compressed
}

// ErrNotReady says that the first report is still being put together.
var ErrNotReady = errors.New("the report is being put together")

// Page returns the page of a role. It waits for the first report, until ctx
// ends; then it is ErrNotReady.
func (b *Board) Page(ctx context.Context, admin bool) (*Page, error) {
	b.ask()
	for {
		b.mu.Lock()
		first := b.first
		if b.report != nil {
			break
		}
		b.mu.Unlock()
		select {
		case <-first:
		case <-ctx.Done():
			return nil, ErrNotReady
		}
	}
	defer b.mu.Unlock()
	role := 0
	if admin {
		role = 1
	}
	if p := b.pages[role]; p != nil {
		return p, nil
	}
	body := &html.LiveBody{
		Rev: b.revision(), AsOf: b.asOf.UTC().Format("2006-01-02 15:04:05 UTC"), Report: b.report, Hits: b.hits, Rules: b.rules, Admin: admin,
	}
	p := &Page{Rev: body.Rev}
	var err error
	if p.Body, err = body.Bytes(); err != nil {
		return nil, err
	}
	if p.Gzip, err = compressed(p.Body); err != nil {
		return nil, err
	}
	b.pages[role] = p
	return p, nil
}

// revision names what pages are made of now.
func (b *Board) revision() string {
	return strconv.FormatInt(b.start, 36) + "-" + strconv.FormatInt(b.rev, 10)
}

func compressed(text []byte) ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	return buf.Bytes(), err
}

// meta says what a report was made with.
func (b *Board) meta(snap *engine.Snapshot) report.Meta {
	return report.Meta{ToolVersion: b.cfg.Version, AttackRelease: b.cfg.Catalogue.Release(), RulesetHash: snap.Ruleset().Hash(), StateHash: snap.StateHash()}
}
