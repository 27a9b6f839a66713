package publish

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"ttpctl/internal/bus"
	"ttpctl/internal/jetstream"
	"ttpctl/internal/lines"
	"ttpctl/internal/store"
)

// A NATS is a connection that outputs publish over; it stays its owner's.
type NATS interface {
	String() string
	Subject(subject string) string
	PartitionOf(key string, partitions int) string
	Partitions(ctx context.Context) (int, error)
	Ensure(ctx context.Context) error
	Send(ctx context.Context, ms []jetstream.Message) (int, error)
}

// natsWait is how long a server that does not take messages is left alone: it
// waits for its return by itself.
const natsWait = time.Second

// A natsOutput publishes messages over NATS: each tag under ttp.tagged and under
// that of its technique, and what was set aside under ttp.dead.
type natsOutput struct {
	conn    NATS
	ledger  string
	made    bool // the streams
	refused refusal
}

// A refusal takes a message that is too large, see [Options].
type refusal func(ctx context.Context, source string, m *store.Message, err error) error

// take hands m over, and returns why that is to be tried again.
func (r refusal) take(ctx context.Context, source string, m *store.Message, err error) error {
	if r == nil {
		return nil
	}
	if err := r(ctx, source, m, err); err != nil {
		return &waitError{fmt.Errorf("setting aside what is too large: %w", err), natsWait}
	}
	return nil
}

func openNATS(_ string, o Options) (Output, error) {
	if o.NATS == nil {
		return nil, errors.New("output nats: there is no connection")
	}
	return &natsOutput{conn: o.NATS, ledger: o.Ledger, refused: o.Refused}, nil
}

func (o *natsOutput) Name() string { return "nats " + o.conn.String() }
func (o *natsOutput) Close() error { return nil }

// Takes says that it wants to know of dead letters, too.
func (o *natsOutput) Takes(t store.Topic) bool { return usual(t) || t == store.Buried }

// Send implements [Output].
func (o *natsOutput) Send(ctx context.Context, source string, ms []store.Message) (int, error) {
	if !o.made {
		if err := o.conn.Ensure(ctx); err != nil {
			return 0, &waitError{fmt.Errorf("output nats: %w", err), natsWait}
		}
		o.made = true
	}
	var all []jetstream.Message
	of := []int{} // of each of all, its index in ms
	for i := range ms {
		m := &ms[i]
		subjects, err := subjectsOf(m)
		if err != nil {
			return i, err
		}
		for _, subject := range subjects {
			subject = o.conn.Subject(subject)
			// The stream's window of duplicates is one for all subjects and senders.
			id := subject + "|" + o.ledger + "/" + source + "|" + strconv.FormatInt(m.Seq, 10)
			all, of = append(all, jetstream.Message{Subject: subject, ID: id, Data: m.Body}), append(of, i)
		}
	}
	n, err := o.deliver(ctx, all, func(n int, err error) error {
		if n > 0 && of[n] == of[n-1] {
			return nil // it was told of under its first subject
		}
		return o.refused.take(ctx, source, &ms[of[n]], err)
	})
	if n == len(all) {
		return len(ms), err
	}
	return of[n], err
}

// deliver sends messages in rounds. One that the server takes from nobody is given
// to refused.
func (o *natsOutput) deliver(ctx context.Context, ms []jetstream.Message, refused func(n int, err error) error) (done int, err error) {
	for done < len(ms) {
		n, err := o.conn.Send(ctx, ms[done:])
		done += n
		if errors.Is(err, jetstream.ErrTooLarge) {
			if err := refused(done, err); err != nil {
				return done, err
			}
			done++
			continue
		}
		if err != nil {
			o.made = false // a stream may be gone
			return done, &waitError{fmt.Errorf("output nats: %w", err), natsWait}
		}
	}
	return done, nil
}

// subjectsOf returns the subjects that a message goes to.
func subjectsOf(m *store.Message) ([]string, error) {
	switch m.Topic {
	case store.Buried:
		return []string{jetstream.DeadSubject}, nil
	case store.Suppressed:
		return []string{bus.Suppressed}, nil
	}
	tag, err := parseTag(m.Body)
	if err != nil {
		return nil, err
	}
	return []string{bus.Tagged, bus.Fired + tag.Technique}, nil
}

// A partitionOutput brings events to the partitions that their attackers are of.
type partitionOutput struct {
	conn       NATS
	ledger     string
	partitions int // 0 = not known yet
	json       *lines.JSON
	refused    refusal
}

func openPartitions(_ string, o Options) (Output, error) {
	if o.NATS == nil {
		return nil, errors.New("output partitions: there is no connection")
	}
	return &partitionOutput{conn: o.NATS, ledger: o.Ledger, json: lines.NewTolerantJSON(), refused: o.Refused}, nil
}

func (o *partitionOutput) Name() string { return "partitions " + o.conn.String() }
func (o *partitionOutput) Close() error { return nil }

// Takes says that it is for events alone.
func (o *partitionOutput) Takes(t store.Topic) bool { return t == store.Forwarded }

// Send implements [Output].
func (o *partitionOutput) Send(ctx context.Context, source string, ms []store.Message) (done int, err error) {
	if o.partitions == 0 {
		if o.partitions, err = o.conn.Partitions(ctx); err != nil {
			return 0, &waitError{err, natsWait}
		}
	}
	producer := o.producer(source)
	for done < len(ms) {
		all := make([]jetstream.Message, 0, len(ms)-done)
		for i := done; i < len(ms); i++ {
			m, err := o.message(&ms[i])
			if err != nil {
				return done, err
			}
			m.Producer, m.Number, m.Passed = producer, ms[i].Seq, ms[done].Seq-1
			all = append(all, m)
		}
		n, err := o.conn.Send(ctx, all)
		done += n
		if errors.Is(err, jetstream.ErrTooLarge) {
			if err := o.refused.take(ctx, source, &ms[done], err); err != nil {
				return done, err
			}
			done++
			continue
		}
		if err != nil {
			return done, &waitError{err, natsWait}
		}
	}
	return done, nil
}

// producer names source for those who read partitions: among all producers, and
// with no path in it.
func (o *partitionOutput) producer(source string) string {
	sum := sha256.Sum256([]byte(source))
	return o.ledger + "." + hex.EncodeToString(sum[:8])
}

// message returns the event in m as it goes out.
func (o *partitionOutput) message(m *store.Message) (jetstream.Message, error) {
	var kind, id, attacker, identity string
	o.json.Reset(m.Body, string(m.Body))
	err := o.json.Object(func(name string) error {
		switch name {
		case "source_kind":
			return o.json.Text(&kind)
		case "source_id":
			return o.json.Text(&id)
		case "attacker_uuid":
			return o.json.Text(&attacker)
		case "identity_uuid":
			return o.json.Text(&identity)
		}
		return o.json.Skip()
	})
	if err != nil {
		return jetstream.Message{}, fmt.Errorf("event in the outbox: %w", err)
	}
	key := attacker
	if key == "" {
		key = identity
	}
	return jetstream.Message{Subject: o.conn.PartitionOf(key, o.partitions), ID: kind + "|" + id, Data: m.Body}, nil
}

// NewCarrier starts to bring events to the partitions of opts.NATS, out of the
// outbox of cfg.
func NewCarrier(opts Options, cfg Config) (*Publisher, error) {
	out, err := openPartitions("", opts)
	if err != nil {
		return nil, err
	}
	cfg.Outputs = []Output{out}
	return New(cfg)
}
