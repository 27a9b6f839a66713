package publish

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"strings"
	"time"

	"ttpctl/internal/bus"
	"ttpctl/internal/store"
)

// An Output takes messages and brings them to somebody. Send has one caller at a
// time; nothing follows Close. An Output that may still lose what Send took has
// a method Sync(ctx) error, which is called before it counts as sent, never
// beside Send; one with a file that is rotated has Reopen() error, which may be.
// One has Takes(store.Topic) bool that takes other messages than of tags and of
// suppressions.
type Output interface {
	// Name tells the output from others, in messages and in the outbox, which
	// keeps its position by it: it is the same after a restart, and has no
	// secret in it.
	Name() string
	// Send sends messages of a source and returns how many, from the first on,
	// were taken; the others are given to it again.
	Send(ctx context.Context, source string, ms []store.Message) (n int, err error)
	Close() error
}

// Options are what outputs need besides a target.
type Options struct {
	Now       func() time.Time
	Stdout    io.Writer      // where jsonl and csv go without a file
	Secret    []byte         // a webhook signs with it
	UserAgent string         // of webhooks
	Timeout   time.Duration  // of one attempt over the network, 0 = 10 s
	RootCAs   *x509.CertPool // that network outputs trust, nil = the system's
	Host      string         // this one's, for syslog
	PID       int            // likewise
	Bus       *bus.Bus       // of the output bus
	NATS      NATS           // of the outputs nats and partitions
	Ledger    string         // tells this ledger from all others, for NATS
	// Refused takes a message that the outputs nats and partitions cannot send, for
	// it is too large. Its error has them come again; nil = it is passed over.
	Refused func(ctx context.Context, source string, m *store.Message, err error) error
}

// defaultTimeout bounds one attempt over the network.
const defaultTimeout = 10 * time.Second

func (o *Options) timeout() time.Duration {
	if o.Timeout == 0 {
		return defaultTimeout
	}
	return o.Timeout
}

// kinds are the outputs that there are.
var kinds = [...]struct {
	name string
	open func(target string, o Options) (Output, error)
}{
	{"jsonl", openJSONLines},
	{"csv", openCSV},
	{"webhook", openWebhook},
	{"syslog", openSyslog},
	{"bus", openBus},
	{"nats", openNATS},
	{"partitions", openPartitions},
}

// Open returns the output of a kind to a target: a file for jsonl and csv ("" =
// stdout), a URL for webhook (https://...) and syslog (tcp://host:port,
// tls://host:port), nothing for bus,
// nats and partitions, which Options say.
func Open(kind, target string, o Options) (Output, error) {
	var known []string
	for _, k := range kinds {
		if k.name == kind {
			return k.open(target, o)
		}
		known = append(known, k.name)
	}
	return nil, fmt.Errorf("unknown output %q: want %s", kind, strings.Join(known, ", "))
}

// A waitError is a failure whose receiver says when to come again, or which it
// makes no sense to try again soon.
type waitError struct {
	error
	wait time.Duration
}

func (e *waitError) Unwrap() error { return e.error }
