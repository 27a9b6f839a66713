package jetstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// mostInFlight is how many messages wait for their acknowledgement.
const mostInFlight = 2048

// A Message is one to be published.
type Message struct {
	Subject string
	ID      string // of which the stream takes one within the window of duplicates
	Data    []byte
	// Of events: who sends it, its number there, and the number up to which all were
	// acknowledged.
	Producer       string
	Number, Passed int64
}

// ErrTooLarge is of a message that the server takes from nobody.
var ErrTooLarge = errors.New("the message is larger than the server takes")

// Subject returns a subject as this connection has it.
func (c *Conn) Subject(subject string) string { return c.address.Subject(subject) }

// PartitionOf returns the subject of the partition of what is brought together by
// key: the FNV-1a hash of its bytes, of 64 bits, modulo the number of partitions.
func (c *Conn) PartitionOf(key string, partitions int) string {
	h := fnv.New64a()
	h.Write([]byte(key))
	return c.partitionSubject(int(h.Sum64() % uint64(partitions)))
}

// Ensure makes the streams of what is published.
func (c *Conn) Ensure(ctx context.Context) error { return c.ensureOut(ctx) }

// Send publishes messages and returns how many, from the first on, their streams
// have acknowledged. It waits for all that it sent: what is sent again later may
// be there already, and is known by its id or number. While the server is away it
// waits for a while.
func (c *Conn) Send(ctx context.Context, ms []Message) (acknowledged int, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := c.connected(ctx); err != nil {
		return 0, err
	}
	made := c.again.Load()
	futures := make([]jetstream.PubAckFuture, 0, min(len(ms), mostInFlight))
	for i := range ms[:min(len(ms), mostInFlight)] {
		var f jetstream.PubAckFuture
		if c.again.Load() != made { // what was on its way may be lost, and what comes after it waits for it
			err = nats.ErrDisconnected
		} else {
			f, err = c.publish(&ms[i])
		}
		if err != nil {
			break
		}
		c.counts.published.Add(1)
		futures = append(futures, f)
	}
	for _, f := range futures {
		select {
		case ack := <-f.Ok():
			acknowledged++
			c.counts.acknowledged.Add(1)
			if ack.Duplicate {
				c.counts.duplicates.Add(1)
			}
			continue
		case e := <-f.Err():
			if errors.Is(e, jetstream.ErrStreamMessageExceedsMaximum) || errors.Is(e, nats.ErrMaxPayload) {
				e = fmt.Errorf("%w: %d bytes", ErrTooLarge, len(f.Msg().Data)) // its stream has a bound of its own
			}
			return acknowledged, c.fault(e)
		case <-ctx.Done():
			return acknowledged, c.fault(ctx.Err())
		}
	}
	if err != nil {
		return acknowledged, c.fault(err)
	}
	return acknowledged, nil
}

// fault returns the error of a Send, and counts it.
func (c *Conn) fault(err error) error {
	if errors.Is(err, ErrTooLarge) {
		c.counts.tooLarge.Add(1)
	} else {
		c.counts.failed.Add(1)
	}
	return fmt.Errorf("%s: %w", c.address, err)
}

// connected waits until the connection is up.
func (c *Conn) connected(ctx context.Context) error {
	for !c.nc.IsConnected() {
		select {
		case <-time.After(reconnectFirst):
		case <-ctx.Done():
			return c.fault(nats.ErrDisconnected)
		}
	}
	return nil
}

func (c *Conn) publish(m *Message) (jetstream.PubAckFuture, error) {
	if int64(len(m.Data))+headerBytes > c.nc.MaxPayload() {
		return nil, fmt.Errorf("%w: %d bytes, of at most %d with its headers", ErrTooLarge, len(m.Data), c.nc.MaxPayload())
	}
	msg := &nats.Msg{Subject: m.Subject, Data: m.Data, Header: nats.Header{nats.MsgIdHdr: {headerText(m.ID)}}}
	if m.Producer != "" {
		msg.Header[producerHeader] = []string{m.Producer}
		msg.Header[numberHeader] = []string{strconv.FormatInt(m.Number, 10)}
		msg.Header[passedHeader] = []string{strconv.FormatInt(m.Passed, 10)}
	}
	return c.js.PublishMsgAsync(msg)
}

const (
	// headerBytes is more than our headers take.
	headerBytes = 1 << 10
	// idBytes is how long an id may be to stand in a header as it is.
	idBytes = 256
)

// headerText returns an id as a header may hold it: what has other bytes than
// printable ones, or is long, is replaced by its hash.
func headerText(id string) string {
	plain := !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd })
	if plain && len(id) <= idBytes && id == strings.TrimSpace(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}
