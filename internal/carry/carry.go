// Package carry is what a serve does over NATS: it brings the events of a sensor
// to partitions, reads partitions, brings what other systems publish there, and
// publishes tags.
//
// The model: an [Over] has a connection for each address, made when it is first
// wanted and kept until Close. What is brought somewhere goes through the outbox
// of a ledger (package publish), under the numbers that the ledger gives: a
// process that is killed loses nothing, and its repeats are known.
//
// For example:
//
//	o := &carry.Over{Getenv: os.Getenv, Log: log, Now: time.Now, Outbox: db.Outbox(), Key: key}
//	defer o.Close()
//	p, err := o.Carrier(ctx, "nats://nats.example", observe)
package carry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"ttpctl/internal/jetstream"
	"ttpctl/internal/lines"
	"ttpctl/internal/publish"
	"ttpctl/internal/store"
	"ttpctl/internal/vitals"
	"ttpctl/internal/worker"
)

// An Over is what a process does over NATS. Its fields are set before its first
// use and not changed afterwards; it belongs to one goroutine, but for Stats and a Router.
type Over struct {
	Getenv func(string) string
	Name   string // of this process, for people
	Log    vitals.Log
	Now    func() time.Time
	Outbox store.Outbox
	// Key returns what tells the ledger from all others, given what to take if that
	// is not known yet. nil = there is no database.
	Key    func(ctx context.Context, fresh []byte) ([]byte, error)
	Unread func(ctx context.Context) ([]string, error) // see publish.Config
	// SetAside keeps an event that is too large for NATS; nil = there is no database,
	// and it is only told of.
	SetAside func(ctx context.Context, d store.DeadLetter) error

	mu    sync.Mutex
	conns map[string]*jetstream.Conn
}

// Dial connects to the server at address, and waits for one that does not answer.
func (o *Over) Dial(ctx context.Context, address string) (*jetstream.Conn, error) {
	if c := o.conns[address]; c != nil {
		return c, nil
	}
	c, err := jetstream.Await(ctx, jetstream.Config{Address: address, Getenv: o.Getenv, Name: o.Name, Notify: o.Log.Streamed})
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conns == nil {
		o.conns = map[string]*jetstream.Conn{}
	}
	o.conns[address] = c
	return c, nil
}

// Stats returns how the connections do, in the order of their addresses.
func (o *Over) Stats(ctx context.Context) (all []jetstream.Stats) {
	o.mu.Lock()
	var conns []*jetstream.Conn
	for _, address := range slices.Sorted(maps.Keys(o.conns)) {
		conns = append(conns, o.conns[address])
	}
	o.mu.Unlock()
	for _, c := range conns {
		all = append(all, c.Stats(ctx))
	}
	return all
}

// Close ends the connections.
func (o *Over) Close() error {
	var errs []error
	for _, c := range o.conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Feeds returns a feed for each partition at address.
func (o *Over) Feeds(ctx context.Context, address string) (feeds []worker.Feed, err error) {
	c, err := o.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	n, err := c.Partitions(ctx)
	for i := range n {
		in := c.Partition(i)
		feeds = append(feeds, worker.Feed{Source: in.Name, Format: "ttp", Input: in})
	}
	return feeds, err
}

// lagWithin is how long who only asks waits for a server.
const lagWithin = 5 * time.Second

// Lag returns what says how many messages of a partition at address, by the name of its
// feed, lie behind a cursor. Of what is no partition there, none do.
func (o *Over) Lag(ctx context.Context, address string) (func(ctx context.Context, source, cursor string) (int64, error), error) {
	asking, stop := context.WithTimeout(ctx, lagWithin)
	defer stop()
	c, err := o.Dial(asking, address)
	if err != nil {
		return nil, err
	}
	n, err := c.Partitions(asking)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	for i := range n {
		numbers[c.Partition(i).Name] = i
	}
	return func(ctx context.Context, source, cursor string) (int64, error) {
		i, ok := numbers[source]
		if !ok {
			return 0, nil
		}
		return c.Lag(ctx, i, lines.Cursor(cursor))
	}, nil
}

// Options adds to opts what an output to address needs.
func (o *Over) Options(ctx context.Context, address string, opts publish.Options) (publish.Options, error) {
	c, err := o.Dial(ctx, address)
	if err != nil {
		return opts, err
	}
	opts.NATS, opts.Refused = c, o.refused
	opts.Ledger, err = o.ledger(ctx)
	return opts, err
}

// ledger returns what tells the ledger from all others.
func (o *Over) ledger(ctx context.Context) (string, error) {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	if o.Key == nil {
		return hex.EncodeToString(id), nil
	}
	id, err := o.Key(ctx, id)
	return hex.EncodeToString(id), err
}

// refused takes a message that is too large for NATS. An event is stored nowhere else,
// and becomes a dead letter.
func (o *Over) refused(ctx context.Context, source string, m *store.Message, err error) error {
	if m.Topic == store.Forwarded && o.SetAside != nil {
		d := store.DeadLetter{Source: source, Where: fmt.Sprintf("outbox:%d", m.Seq), Reason: err.Error(), Body: m.Body}
		if err := o.SetAside(ctx, d); err != nil {
			return err
		}
	}
	o.Log.Refused(source, m, err)
	return nil
}

// Carrier starts to bring the events that its sources forward to the partitions
// at address.
func (o *Over) Carrier(ctx context.Context, address string, observe func(publish.Note)) (*publish.Publisher, error) {
	opts, err := o.Options(ctx, address, publish.Options{Now: o.Now})
	if err != nil {
		return nil, err
	}
	return publish.NewCarrier(opts, publish.Config{Outbox: o.Outbox, Unread: o.Unread, Observe: observe})
}

// A Router brings what other systems publish to the partitions.
type Router struct {
	service *worker.Service
	feed    worker.Feed
	carrier *publish.Publisher
}

// Router returns one at address, which reads and forwards as s says.
func (o *Over) Router(ctx context.Context, address string, s *worker.Service) (*Router, error) {
	c, err := o.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	in := c.Third()
	r := &Router{service: s, feed: worker.Feed{Source: in.Name, Format: "ttp", Input: in}}
	if r.carrier, err = o.Carrier(ctx, address, o.Log.Published); err != nil {
		return nil, err
	}
	s.Resumed, s.Committed = r.carrier.Add, func(c *worker.Committed) { r.carrier.Committed(c.Source) }
	return r, nil
}

// Run routes until ctx ends. Of several routers one does it at a time: who has
// the messages has the ledger's epoch.
func (r *Router) Run(ctx context.Context) error {
	feeds := make(chan worker.Feed, 1)
	feeds <- r.feed
	close(feeds)
	return r.service.Run(ctx, feeds)
}

// Close sends what is left until ctx ends.
func (r *Router) Close(ctx context.Context) error { return r.carrier.Close(ctx) }
