package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"ttpctl/internal/fleet"
)

// A kind is one of fault.
type kind int

// The kinds.
const (
	kill      kind = iota // a worker, which comes back
	stop                  // a worker for longer than its claims last, which then wakes
	database              // is stopped hard, and started
	stream                // NATS likewise
	move                  // a worker comes, takes its share, and goes
	slow                  // who reads what is published hardly does
	acks                  // the producers' connections are cut, so that acknowledgements are lost
	duplicate             // a message comes again, at once or after the window of its id
	poison                // a message that is no event
	kinds     = iota
)

var kindNames = [kinds]string{"kill", "stop", "database", "nats", "move", "slow", "acks", "duplicate", "poison"}

func (k kind) String() string { return kindNames[k] }

// usual are the counts unless others are asked for, but for kills.
func usual() counts {
	return counts{stop: 1, database: 1, stream: 1, move: 1, slow: 1, acks: 20, duplicate: 2000, poison: 100}
}

// A task is a fault and when it comes.
type task struct {
	at  float64 // of the events
	do  func(ctx context.Context, rng *rand.Rand) error
	rng *rand.Rand
	kind
}

// plan draws when faults come.
func (c *campaign) plan() (all []task) {
	do := [kinds]func(ctx context.Context, rng *rand.Rand) error{
		kill: c.kill, stop: c.stopWorker, database: c.restartDatabase, stream: c.restartNATS, move: c.move, acks: c.cut, poison: c.poison,
	}
	for k := range kind(kinds) {
		if do[k] == nil {
			continue // slow reads all the time, and duplicates the producers send
		}
		for i := range c.faults[k] {
			rng := rand.New(rand.NewPCG(c.seed, uint64(k)<<32|uint64(i)))
			all = append(all, task{at: 0.03 + 0.9*rng.Float64(), do: do[k], rng: rng, kind: k})
		}
	}
	slices.SortFunc(all, func(a, b task) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	return all
}

// strain sends all messages, and has the faults come meanwhile.
func (c *campaign) strain(ctx context.Context, messages []message) error {
	g, ctx := errgroup.WithContext(ctx)
	done := make(chan struct{})
	if c.faults[slow] > 0 {
		if err := c.readSlowly(ctx, done); err != nil {
			return err
		}
	}
	g.Go(func() error { defer close(done); return c.produce(ctx, messages) })
	g.Go(func() error {
		for _, t := range c.plan() {
			for float64(c.sent.Load()) < t.at*float64(len(messages)) {
				select {
				case <-time.After(20 * time.Millisecond):
				case <-done: // the last were acknowledged, or there was an error
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			if t.kind != poison {
				log.Printf("%6d events: %v", c.sent.Load(), t.kind)
			}
			g.Go(func() error {
				if err := t.do(ctx, t.rng); err != nil {
					return fmt.Errorf("%v: %w", t.kind, err)
				}
				return nil
			})
		}
		return nil
	})
	return g.Wait()
}

// pause waits for a time between two.
func pause(rng *rand.Rand, least, most time.Duration) {
	time.Sleep(least + time.Duration(rng.Int64N(int64(most-least))))
}

// any returns a worker to which nothing happens, locked.
func (c *campaign) any(rng *rand.Rand) *worker {
	for {
		for _, i := range rng.Perm(3) {
			if w := c.workers[i]; w.busy.TryLock() {
				return w
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (c *campaign) kill(ctx context.Context, rng *rand.Rand) error {
	w := c.any(rng)
	defer w.busy.Unlock()
	claims, _ := w.claims(ctx) // the database may be away
	w.end()
	c.orphan(claims)
	pause(rng, 100*time.Millisecond, 4*time.Second)
	return w.start()
}

// stopWorker stops one that has partitions.
func (c *campaign) stopWorker(ctx context.Context, rng *rand.Rand) error {
	for ctx.Err() == nil {
		w := c.any(rng)
		claims, err := w.claims(ctx)
		if err == nil && len(claims) > 0 {
			err = w.cmd.Process.Signal(syscall.SIGSTOP)
			pause(rng, fleet.Dead+5*time.Second, fleet.Dead+9*time.Second) // longer than who looks takes to see it
			err = errors.Join(err, w.cmd.Process.Signal(syscall.SIGCONT))
			w.busy.Unlock()
			return err
		}
		w.busy.Unlock() // the database may be away
		time.Sleep(50 * time.Millisecond)
	}
	return ctx.Err()
}

func (c *campaign) restartDatabase(_ context.Context, rng *rand.Rand) error {
	if err := c.pg.Stop(); err != nil {
		return err
	}
	pause(rng, time.Second, 4*time.Second)
	return c.pg.Start()
}

func (c *campaign) restartNATS(_ context.Context, rng *rand.Rand) error {
	if err := c.nats.Stop(); err != nil {
		return err
	}
	pause(rng, time.Second, 4*time.Second)
	return c.nats.Start()
}

// move has a fourth worker come, have its share for a while, and go.
func (c *campaign) move(ctx context.Context, rng *rand.Rand) error {
	w := &worker{campaign: c, number: 4}
	if err := w.start(); err != nil {
		return err
	}
	defer w.end()
	for deadline := time.Now().Add(time.Minute); w.count(taken)+w.count(takenOver) == 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.differs("a fourth worker got no partition within a minute")
			break
		}
	}
	pause(rng, 2*time.Second, 4*time.Second)
	if err := w.stop(); err != nil {
		c.differs("the fourth worker: %v", err)
	}
	c.mu.Lock()
	c.gone = append(c.gone, w)
	c.mu.Unlock()
	return nil
}

// cut has the connections be cut while the next messages are sent.
func (c *campaign) cut(context.Context, *rand.Rand) error {
	c.cuts.Add(1)
	return nil
}

// readSlowly has one read twenty messages a second of what is published, and another
// ask for all of it and read nothing, until done.
func (c *campaign) readSlowly(ctx context.Context, done <-chan struct{}) error {
	deaf, err := net.Dial("tcp", c.nats.Host)
	if err != nil {
		return err
	}
	if _, err := deaf.Write([]byte("CONNECT {\"verbose\":false}\r\nSUB ttp.> 1\r\n")); err != nil {
		return err
	}
	go func() {
		defer deaf.Close()
		tick := time.NewTicker(time.Second / 20)
		defer tick.Stop()
		for n := 0; ; {
			select {
			case <-tick.C:
			case <-done:
				c.mu.Lock()
				defer c.mu.Unlock()
				c.seen[slow] = fmt.Sprintf("one had read %d messages when the last event was sent, one nothing; both held up nobody", n)
				return
			}
			if s, err := c.js.Stream(ctx, outStream); err == nil {
				if cons, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "slow", AckPolicy: jetstream.AckExplicitPolicy}); err == nil {
					if m, err := cons.Next(jetstream.FetchMaxWait(time.Second)); err == nil && m.Ack() == nil {
						n++
					}
				}
			}
		}
	}()
	return nil
}
