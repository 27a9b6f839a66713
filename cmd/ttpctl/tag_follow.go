package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
	"ttpctl/internal/report/live"
	"ttpctl/internal/store"
	"ttpctl/internal/terminal"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// follow tags logs as they are written until ctx ends: serve without a
// database. Nothing is kept of it.
func (t *tagging) follow(ctx context.Context, cfg ingest.Config, out *tagOutputs, s *streams) (a ingest.Account, st worker.Stats, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &followPrinter{tagging: t, out: out, stop: stop}
	if t.live {
		defer p.watch(s)()
	}
	files := slices.DeleteFunc(slices.Clone(t.paths), func(p string) bool { return p == "-" })
	finder, err := newFinder(files, cfg, false, s)
	if err != nil {
		return a, st, err
	}
	service := &worker.Service{
		InForce: t.inForce, Now: t.instant, Ledger: store.NewMemoryLedger(s.now), Owner: thisProcess(),
		Ingest: cfg, Filter: *t.filter, Committed: p.print, Observe: vitals.Log{Log: s.log}.Note,
	}
	feeds, done := make(chan worker.Feed, 1), make(chan error, 1)
	if len(files) < len(t.paths) {
		feeds <- worker.Feed{Source: "stdin", Input: ingest.Input{Name: t.stdinName, Reader: s.in}}
	}
	go func() {
		defer close(feeds)
		if len(files) == 0 {
			done <- nil
			return
		}
		done <- finder.Feed(ctx, feeds)
	}()
	err = service.Run(ctx, feeds)
	stop()
	st = service.Stats()
	st.Published, st.LeftOut = p.kept, st.New-p.kept
	return *service.Account(), st, joinErrors(err, <-done, p.err)
}

// A followPrinter writes the tags of several logs to the outputs.
type followPrinter struct {
	*tagging
	out  *tagOutputs
	stop context.CancelFunc

	mu   sync.Mutex
	err  error // of the outputs, which ends all
	kept int64 // tags that were written

	view   *live.View // nil = lines are printed as they come
	screen *terminal.Screen
}

// redraws is how often the terminal is redrawn at most.
const redraws = 250 * time.Millisecond

// watch shows on the terminal what comes, and the log with it, until what it
// returns is called.
func (p *followPrinter) watch(s *streams) (end func()) {
	log := s.log
	p.view = live.New(live.Options{
		Title:     "following " + strings.Join(p.paths, " ") + ", Ctrl-C ends",
		Catalogue: s.attack(), Palette: s.palette(true), Plain: !terminal.UTF8(s.lookup),
	})
	if s.err.tty {
		s.log = s.logTo(p.view)
	}
	p.screen = terminal.Watch(s.out.Writer.(terminal.File), redraws, p.view.Lines)
	return func() {
		p.screen.Close()
		s.log = log
		_, _ = io.WriteString(s.err, p.view.Notes()) // a stderr that nobody reads is no failure
	}
}

func (p *followPrinter) print(c *worker.Committed) {
	defer p.screen.Guard()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return
	}
	tags := make([]event.Tag, len(c.Fresh))
	for k, i := range c.Fresh {
		tags[k] = c.Tags[i]
	}
	tags = p.filter.Keep(tags)
	if p.view != nil {
		p.view.Add(tags)
	}
	p.kept += int64(len(tags))
	if p.err = p.out.write(tags); p.err != nil {
		p.stop()
	}
}
