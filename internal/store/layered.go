package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"ttpctl/internal/engine"
	"ttpctl/internal/sorting"
)

// A Layered is several RuleSources as one, the first the lowest layer: each
// file says in its Source which layer it lies in, and which file of a rule is in
// force is decided where files are compiled. The names of files differ between
// layers. It is safe for concurrent use.
type Layered struct {
	subs []*Subscription[RuleChange]
	stop context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex // held while a change is applied and published
	current map[string]engine.Source
	hub     Hub[RuleChange]
}

// NewLayered follows layers until Close, which leaves them open. ctx bounds the
// call only.
func NewLayered(ctx context.Context, layers ...RuleSource) (*Layered, error) {
	run, stop := context.WithCancel(context.Background())
	l := &Layered{stop: stop, current: map[string]engine.Source{}}
	for i, layer := range layers {
		sources, sub, err := layer.Watch(ctx)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		for _, src := range sources {
			src.Layer = i
			l.current[src.Name] = src
		}
		l.subs = append(l.subs, sub)
	}
	for i, sub := range l.subs {
		l.done.Go(func() { l.follow(run, i, sub) })
	}
	return l, nil
}

// follow passes on what changes in a layer.
func (l *Layered) follow(ctx context.Context, layer int, sub *Subscription[RuleChange]) {
	for {
		c, err := sub.Next(ctx)
		if err != nil {
			return // closed, by us or by the layer
		}
		c.Source.Layer = layer
		l.apply(c)
	}
}

func (l *Layered) apply(c RuleChange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.Op == Delete {
		delete(l.current, c.Source.Name)
	} else {
		l.current[c.Source.Name] = c.Source
	}
	l.hub.Publish(c.Source.Name, c, c.Op == Delete)
}

// Watch implements RuleSource.
func (l *Layered) Watch(ctx context.Context) ([]engine.Source, *Subscription[RuleChange], error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	sources := sorting.Values(maps.Values(l.current), ByName)
	sub, err := l.hub.Subscribe(slices.Collect(maps.Keys(l.current)))
	if err != nil {
		return nil, nil, err
	}
	return sources, sub, nil
}

// Close stops following and ends the subscriptions.
func (l *Layered) Close() error {
	l.stop()
	l.done.Wait()
	for _, sub := range l.subs {
		sub.Close()
	}
	l.hub.Close()
	return nil
}
