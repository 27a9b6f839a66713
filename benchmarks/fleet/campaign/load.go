package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"ttpctl/benchmarks/traffic"
	ttpstream "ttpctl/internal/jetstream"
)

// A message is one of a stream.
type message struct {
	subject string
	seq     uint64
	header  nats.Header
	data    []byte
}

// partition returns the number in the subject.
func (m *message) partition() int {
	n, _ := strconv.Atoi(m.subject[strings.LastIndexByte(m.subject, '.')+1:])
	return n
}

// read returns the messages of a stream under a subject, in order.
func (c *campaign) read(ctx context.Context, stream, subject string) (all []message, err error) {
	s, err := c.js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	cons, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{FilterSubject: subject, AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true})
	if err != nil || cons.CachedInfo().NumPending == 0 {
		return nil, err
	}
	it, err := cons.Messages()
	if err != nil {
		return nil, err
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextMaxWait(10 * time.Second))
		if err != nil {
			return nil, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		all = append(all, message{m.Subject(), meta.Sequence.Stream, m.Headers(), m.Data()})
		if meta.NumPending == 0 {
			return all, nil
		}
	}
}

// prepare has a sensor bring what many sensors write to a stream of other partitions,
// and returns the events.
func (c *campaign) prepare(ctx context.Context) ([]message, error) {
	sample, err := traffic.Read(c.sample)
	if err != nil {
		return nil, err
	}
	const sensors, guesses = 1000, 1
	f, err := os.Create(c.in("cowrie.json"))
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	// Two lines of three are an event.
	_, err = sample.Write(traffic.Shape{Lines: 2 * c.events, Sensors: sensors, Guesses: guesses}, w)
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return nil, err
	}
	address := fmt.Sprintf("nats://%s?prefix=prepared&partitions=%d", c.nats.Host, c.partitions)
	cmd := exec.Command(c.ttpctl, "serve", "--once", "--quiet", "--db", c.in("sensor.db"), "--follow", f.Name(), "--publish", address, "--grace", "10m")
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+c.dir, "XDG_CONFIG_HOME="+c.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the sensor: %w\n%s", err, out)
	}
	all, err := c.read(ctx, "PREPARED_TTP_EVENTS", "prepared.ttp.events.>")
	if err == nil && len(all) < c.events {
		err = fmt.Errorf("the sensor made %d events, want %d", len(all), c.events)
	}
	if err != nil {
		return nil, err
	}
	return c.interleave(all[:c.events])
}

// open is how many attackers are at work in a partition at a time.
const open = 30

// interleave has the attackers of a partition work side by side, so that whoever takes
// a partition over finds much begun in it. What is of one stays in order.
func (c *campaign) interleave(all []message) ([]message, error) {
	rng := rand.New(rand.NewPCG(c.seed, 2000))
	waiting := make([][]*[]message, c.partitions) // by attacker
	known := map[string]*[]message{}
	for _, m := range all {
		var event struct {
			Attacker string `json:"attacker_uuid"`
		}
		if err := json.Unmarshal(m.data, &event); err != nil {
			return nil, err
		}
		if known[event.Attacker] == nil {
			known[event.Attacker] = &[]message{}
			waiting[m.partition()] = append(waiting[m.partition()], known[event.Attacker])
		}
		*known[event.Attacker] = append(*known[event.Attacker], m)
	}
	mixed := all[:0:0]
	for len(mixed) < len(all) {
		for p := range waiting {
			if len(waiting[p]) == 0 {
				continue
			}
			i := rng.IntN(min(open, len(waiting[p])))
			attacker := waiting[p][i]
			mixed = append(mixed, (*attacker)[0])
			if *attacker = (*attacker)[1:]; len(*attacker) == 0 {
				waiting[p] = slices.Delete(waiting[p], i, i+1)
			}
		}
	}
	return mixed, nil
}

// producers is how many send at once; each has partitions of its own, so that what is
// in one stays in order.
const producers = 3

// chunk is how many messages a producer sends at once.
const chunk = 100

// A producer sends messages until they are acknowledged.
type producer struct {
	campaign *campaign
	conn     *ttpstream.Conn
	ms       []ttpstream.Message
	again    []int // of ms, those that come twice, ascending
	rng      *rand.Rand
	resent   *atomic.Int64
}

// A late message comes again at a time.
type late struct {
	due time.Time
	m   ttpstream.Message
}

// produce sends all messages.
func (c *campaign) produce(ctx context.Context, messages []message) error {
	conn, err := ttpstream.Dial(ctx, ttpstream.Config{Address: c.address(c.cutter.Addr()), Getenv: os.Getenv})
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Partitions(ctx); err != nil {
		return err
	}
	var resent atomic.Int64
	var all [producers]*producer
	for i := range all {
		all[i] = &producer{campaign: c, conn: conn, rng: rand.New(rand.NewPCG(c.seed, uint64(1000+i))), resent: &resent}
	}
	for i := range messages {
		m := &messages[i]
		p := all[m.partition()%producers]
		name := fmt.Sprint("campaign.", m.partition()%producers)
		p.ms = append(p.ms, ttpstream.Message{
			Subject: conn.Subject(fmt.Sprint("ttp.events.", m.partition())), ID: m.header.Get(nats.MsgIdHdr), Data: m.data,
			Producer: name, Number: int64(len(p.ms) + 1),
		})
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range all {
		for range c.faults[duplicate] / producers {
			p.again = append(p.again, p.rng.IntN(len(p.ms)))
		}
		slices.Sort(p.again)
		g.Go(func() error { return p.run(ctx) })
	}
	err = g.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[acks] = fmt.Sprintf("%d messages were sent again because nobody had acknowledged them", resent.Load())
	return err
}

// run sends the producer's messages at its share of the rate.
func (p *producer) run(ctx context.Context) error {
	begun := time.Now()
	interval := time.Duration(float64(time.Second) * producers / float64(p.campaign.rate))
	var waiting []late
	for done := 0; done < len(p.ms); {
		n := min(chunk, len(p.ms)-done)
		if err := sleep(ctx, time.Until(begun.Add(time.Duration(done+n)*interval))); err != nil {
			return err
		}
		if err := p.send(ctx, p.ms[done:done+n], int64(done)); err != nil {
			return err
		}
		done += n
		p.campaign.sent.Add(int64(n))
		for ; len(p.again) > 0 && p.again[0] < done; p.again = p.again[1:] {
			m := p.ms[p.again[0]]
			if p.rng.IntN(2) == 0 {
				waiting = append(waiting, late{time.Now().Add(3 * window), m})
			} else if err := p.send(ctx, []ttpstream.Message{m}, m.Passed); err != nil {
				return err
			}
		}
		for ; len(waiting) > 0 && time.Now().After(waiting[0].due); waiting = waiting[1:] {
			if err := p.send(ctx, []ttpstream.Message{waiting[0].m}, waiting[0].m.Passed); err != nil {
				return err
			}
		}
	}
	for _, w := range waiting {
		if err := errors.Join(sleep(ctx, time.Until(w.due)), p.send(ctx, []ttpstream.Message{w.m}, w.m.Passed)); err != nil {
			return err
		}
	}
	return nil
}

// send sends messages until all are acknowledged; all up to the number passed are.
func (p *producer) send(ctx context.Context, ms []ttpstream.Message, passed int64) error {
	for len(ms) > 0 {
		for i := range ms {
			ms[i].Passed = passed
		}
		p.maybeCut()
		n, err := p.conn.Send(ctx, ms)
		if err != nil {
			p.resent.Add(int64(len(ms) - n))
		}
		if ms, passed = ms[n:], passed+int64(n); err != nil {
			if err := sleep(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// maybeCut cuts the connection in a moment, if it is to be cut.
func (p *producer) maybeCut() {
	c := p.campaign
	if left := c.cuts.Load(); left == 0 || !c.cuts.CompareAndSwap(left, left-1) {
		return
	}
	soon, gone := time.Duration(p.rng.Int64N(int64(3*time.Millisecond))), time.Duration(p.rng.Int64N(int64(500*time.Millisecond)))
	time.AfterFunc(soon, func() {
		c.cutter.Set(true)
		time.Sleep(gone)
		c.cutter.Set(false)
	})
}

// sleep waits for d, or until ctx ends, which is its error.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// poisonHeader says of a message that it is no event.
const poisonHeader = "Campaign-Poison"

// poisons are what is no event.
func poisons() []string {
	return []string{
		"not json", "", "\x00\xff\x1b[2J", `{"source_kind":"command"`, `{"source_kind":"command","payload":{}}`,
		`{"source_kind":7,"source_id":"x","attacker_ip":"203.0.113.9"}`, `{"source_kind":"command","source_id":"x","payload":{"command_text":"id"}}`,
		strings.Repeat("[", 10_000), strings.Repeat("long ", 150_000), "[]", " ",
	}
}

// poison puts a message into a partition that is no event.
func (c *campaign) poison(ctx context.Context, rng *rand.Rand) error {
	all := poisons()
	i := rng.IntN(len(all))
	m := &nats.Msg{Subject: fmt.Sprint("ttp.events.", rng.IntN(c.partitions)), Data: []byte(all[i]), Header: nats.Header{poisonHeader: {strconv.Itoa(i)}}}
	for {
		_, err := c.js.PublishMsg(ctx, m, jetstream.WithMsgID(fmt.Sprint("poison", rng.Uint64())))
		if err == nil {
			return nil
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}
