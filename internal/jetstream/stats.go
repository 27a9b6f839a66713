package jetstream

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Stats are how a connection does, and what it counted since it was made.
type Stats struct {
	Server     string // as people are shown it
	Connected  bool
	Reconnects int64
	Lost       int64 // messages that were removed before they were read, at most
	// Of messages that were published: those that were given to the connection, those
	// that their streams acknowledged, and of these those that a stream had before.
	Published, Acknowledged, Duplicates int64
	Failed                              int64 // times that publishing ended with an error
	TooLarge                            int64 // messages that are larger than is taken
	Sources                             []SourceStats
}

// SourceStats are what was read of one source.
type SourceStats struct {
	Source  string
	Read    int64 // messages
	Repeats int64 // of these, those that were passed over: they had been read before
	// Lag is how many messages are in the stream that were not read; -1 = it is not
	// read now, or the server does not say.
	Lag int64
}

// counts are what a connection counts. They are safe for concurrent use.
type counts struct {
	gaps, published, acknowledged, duplicates, failed, tooLarge atomic.Int64

	mu      sync.Mutex
	sources map[string]*sourceCounts
}

// sourceCounts are of one source, through all times that it is opened.
type sourceCounts struct {
	name          string
	read, repeats atomic.Int64
	at            atomic.Pointer[place] // nil = it is not read now
	taken         atomic.Int64          // messages of the consumer
}

// A place is the consumer that a source reads.
type place struct{ stream, consumer string }

// of returns the counts of a source.
func (c *counts) of(name string) *sourceCounts {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sources == nil {
		c.sources = map[string]*sourceCounts{}
	}
	if c.sources[name] == nil {
		c.sources[name] = &sourceCounts{name: name}
	}
	return c.sources[name]
}

// all returns the counts of all sources, in the order of their names.
func (c *counts) all() (list []*sourceCounts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sources {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *sourceCounts) int { return cmp.Compare(a.name, b.name) })
	return list
}

// asked bounds how many sources a server is asked of at a time.
const asked = 16

// Stats returns how the connection does. It asks the server for the lag of what is
// read, until ctx ends.
func (c *Conn) Stats(ctx context.Context) Stats {
	n := &c.counts
	st := Stats{
		Server: c.String(), Connected: c.Connected(), Reconnects: c.again.Load(), Lost: n.gaps.Load(),
		Published: n.published.Load(), Acknowledged: n.acknowledged.Load(), Duplicates: n.duplicates.Load(),
		Failed: n.failed.Load(), TooLarge: n.tooLarge.Load(),
	}
	all := n.all()
	st.Sources = make([]SourceStats, len(all))
	slots := make(chan struct{}, asked)
	var wg sync.WaitGroup
	for i, s := range all {
		st.Sources[i] = SourceStats{Source: s.name, Read: s.read.Load(), Repeats: s.repeats.Load(), Lag: -1}
		if !st.Connected || s.at.Load() == nil {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			st.Sources[i].Lag = c.lagOf(ctx, s)
			<-slots
		})
	}
	wg.Wait()
	return st
}

// lagOf asks for the lag of what is read.
func (c *Conn) lagOf(ctx context.Context, s *sourceCounts) int64 {
	at := s.at.Load()
	if at == nil || ctx.Err() != nil {
		return -1
	}
	cons, err := c.js.Consumer(ctx, at.stream, at.consumer)
	if err != nil || s.at.Load() != at {
		return -1
	}
	info := cons.CachedInfo()
	return max(0, int64(info.NumPending)+int64(info.Delivered.Consumer)-s.taken.Load())
}
