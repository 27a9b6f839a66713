package rulesdir

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/store"
)

// Options are what a Directory needs besides its path.
type Options struct {
	Now func() time.Time
	// Notify is told of unreadable files, of a directory that is gone and of
	// polling in place of events. It is called from one goroutine and must not
	// block. Nil = nobody wants to know.
	Notify func(store.Notice)
	// FollowLinks has files read that links lead to outside of the directory.
	FollowLinks bool
}

// A Directory is a RuleSource over the rule files of one directory, not of
// those below it.
//
// An event in the directory only leads to another look; what changed is found
// by comparing content. A file is read once its size and mtime stood still for
// 50 ms, and a file that does not end in a newline 2 s later. What cannot be
// read, and everything while the directory itself is gone, stays as it was.
type Directory struct {
	tracker *tracker
	watcher *watcher
	events  *store.Notices // of the watcher
	now     func() time.Time
	stop    context.CancelFunc
	done    chan struct{}

	mu      sync.Mutex // held while a change is applied and published
	current map[string]engine.Source
	hub     store.Hub[store.RuleChange]
}

// Open reads the rule files of path and follows them until Close. A
// file that was touched in the last 50 ms is waited for; one that then still
// moves arrives as a change.
func Open(ctx context.Context, path string, opts Options) (*Directory, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("rule directory: %w", err)
	}
	return openDirectory(ctx, path, opts, newWatcher(abs))
}

func openDirectory(ctx context.Context, path string, opts Options, w *watcher) (*Directory, error) {
	shown := filepath.Clean(path)
	d := &Directory{
		tracker: newTracker(osFiles{w.dir, shown, opts.FollowLinks}, shown, opts.Now, &store.Notices{Notify: opts.Notify}),
		watcher: w,
		events:  &store.Notices{Notify: opts.Notify},
		now:     opts.Now,
		done:    make(chan struct{}),
		current: map[string]engine.Source{},
	}
	if _, err := d.tracker.files.list(); err != nil {
		return nil, fmt.Errorf("rule directory: %w", err)
	}
	if err := d.settleDown(ctx); err != nil {
		w.close()
		return nil, err
	}
	run, stop := context.WithCancel(context.Background())
	d.stop = stop
	go d.follow(run)
	return d, nil
}

// settleDown looks until every file that stands still is read: usually once,
// twice when one was touched a moment ago.
func (d *Directory) settleDown(ctx context.Context) error {
	for range 3 {
		again := d.look(false)
		if again == 0 || again > settle {
			return nil
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Watch implements RuleSource.
func (d *Directory) Watch(ctx context.Context) ([]engine.Source, *store.Subscription[store.RuleChange], error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	names := slices.Sorted(maps.Keys(d.current))
	sub, err := d.hub.Subscribe(names)
	if err != nil {
		return nil, nil, err
	}
	sources := make([]engine.Source, len(names))
	for i, name := range names {
		sources[i] = d.current[name]
	}
	return sources, sub, nil
}

// Close stops following and ends the subscriptions.
func (d *Directory) Close() error {
	d.stop()
	<-d.done
	d.hub.Close()
	return nil
}

func (d *Directory) follow(ctx context.Context) {
	defer close(d.done)
	defer d.watcher.close()
	p := &pacer{now: d.now, look: d.look}
	p.run(ctx, d.watcher.pokes)
}

// look publishes what changed. Without events it asks to be called again after
// eventlessPoll at the latest.
func (d *Directory) look(deep bool) time.Duration {
	err := d.watcher.refresh(d.now())
	if err != errRetryLater {
		d.events.Tell(d.tracker.dir, err)
	}
	changes, again := d.tracker.look(deep)
	for _, c := range changes {
		d.apply(c)
	}
	if err != nil && (again == 0 || again > eventlessPoll) {
		again = eventlessPoll
	}
	return again
}

func (d *Directory) apply(c store.RuleChange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.Op == store.Delete {
		delete(d.current, c.Source.Name)
	} else {
		d.current[c.Source.Name] = c.Source
	}
	d.hub.Publish(c.Source.Name, c, c.Op == store.Delete)
}
