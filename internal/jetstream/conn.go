package jetstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ttpctl/internal/hint"
)

// A Config says how to connect.
type Config struct {
	Address string
	Getenv  func(string) string
	Name    string // of this process, for those who look at the server
	// Notify is told what an operator should know, from several goroutines. nil =
	// nobody is.
	Notify func(Notice)
}

// A Notice is something that an operator should know.
type Notice struct {
	Text   string
	Source string // that it concerns, "" = the connection
	// Lost is how many messages at most were removed before they were read.
	Lost int64
	Err  error
}

const (
	// within bounds one request to the server.
	within = 10 * time.Second
	// reconnectFirst and reconnectMost are between which a server that is gone is
	// left alone.
	reconnectFirst = 100 * time.Millisecond
	reconnectMost  = 5 * time.Second
)

// A Conn is a connection to NATS, which is made again whenever it breaks. It is
// safe for concurrent use.
type Conn struct {
	address *Address
	nc      *nats.Conn
	js      jetstream.JetStream
	notify  func(Notice)
	again   atomic.Int64 // counts the times that it was made again
	counts  counts
	made    atomic.Pointer[eventStream]
}

// Dial connects. Nobody who answers is an error here, and none later on.
func Dial(ctx context.Context, cfg Config) (*Conn, error) {
	a, err := ParseAddress(cfg.Address, cfg.Getenv)
	if err != nil {
		return nil, err
	}
	c := &Conn{address: a, notify: cfg.Notify}
	if c.notify == nil {
		c.notify = func(Notice) {}
	}
	opts, err := c.options(cfg.Name)
	if err != nil {
		return nil, err
	}
	if d, ok := ctx.Deadline(); ok {
		opts.Timeout = max(time.Millisecond, min(opts.Timeout, time.Until(d)))
	}
	if c.nc, err = opts.Connect(); err != nil {
		return nil, fmt.Errorf("%s: %w", a, refused(err))
	}
	if c.js, err = jetstream.New(c.nc, jetstream.WithPublishAsyncMaxPending(2*mostInFlight), jetstream.WithPublishAsyncTimeout(within)); err != nil {
		c.nc.Close()
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	return c, nil
}

// refused adds to a refusal what to do about it.
func refused(err error) error {
	if errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) {
		return hint.Errorf("name a user in the address, and "+secretHelp+"; or a file of credentials with ?creds=FILE", "%w", err)
	}
	return err
}

// Refused reports whether a server answered, and would not have us: to try again
// does not help.
func Refused(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, errSettings)
}

func (c *Conn) options(name string) (opts nats.Options, err error) {
	a := c.address
	opts = nats.GetDefaultOptions()
	scheme := "nats://"
	if a.TLS {
		scheme = "tls://"
	}
	for _, h := range a.Hosts {
		opts.Servers = append(opts.Servers, scheme+h)
	}
	opts.Name, opts.User, opts.Password, opts.Token = name, a.User, a.password, a.token
	opts.Timeout, opts.MaxReconnect, opts.PingInterval, opts.MaxPingsOut = within, -1, within, 2
	opts.ReconnectBufSize = -1 // what is not sent is an error at once, never half of it sent later
	opts.IgnoreAuthErrorAbort = true
	opts.CustomReconnectDelayCB = func(attempts int) time.Duration {
		wait := min(reconnectFirst<<min(attempts, 10), reconnectMost)
		return time.Duration(float64(wait) * (0.75 + rand.Float64()/2))
	}
	opts.DisconnectedErrCB = func(_ *nats.Conn, err error) {
		if err != nil {
			c.notify(Notice{Text: "the connection to NATS broke, and is made again", Err: err})
		}
	}
	opts.ReconnectedCB = func(*nats.Conn) {
		c.again.Add(1)
		c.notify(Notice{Text: "connected to NATS again"})
	}
	opts.AsyncErrorCB = func(_ *nats.Conn, _ *nats.Subscription, err error) { c.notify(Notice{Text: "NATS", Err: err}) }
	if a.creds != "" {
		if _, err := os.Stat(a.creds); err != nil {
			return opts, fmt.Errorf("creds: %w", err)
		}
		if err := nats.UserCredentials(a.creds)(&opts); err != nil {
			return opts, err
		}
	}
	return opts, c.secure(&opts)
}

// secure sets up TLS.
func (c *Conn) secure(opts *nats.Options) error {
	a := c.address
	if !a.TLS && a.ca == "" {
		return nil
	}
	opts.Secure, opts.TLSConfig = true, &tls.Config{MinVersion: tls.VersionTLS12}
	if a.ca != "" {
		pem, err := os.ReadFile(a.ca)
		if err != nil {
			return fmt.Errorf("ca: %w", err)
		}
		opts.TLSConfig.RootCAs = x509.NewCertPool()
		if !opts.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("ca %s: no certificate in it", a.ca)
		}
	}
	if a.cert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(a.cert, a.key)
	if err != nil {
		return fmt.Errorf("cert: %w", err)
	}
	opts.TLSConfig.Certificates = []tls.Certificate{pair}
	return nil
}

// String returns what people are shown of the address.
func (c *Conn) String() string { return c.address.String() }

// Connected reports whether the connection is up.
func (c *Conn) Connected() bool { return c.nc.IsConnected() }

// Close ends the connection.
func (c *Conn) Close() error {
	c.nc.Close()
	return nil
}

// waitEvery is the time between two attempts to begin.
const waitEvery = time.Second

// Await is Dial to where events lie in partitions, for who can wait: until there
// is a server that has them, or ctx ends. That it waits is told once.
func Await(ctx context.Context, cfg Config) (c *Conn, err error) {
	if _, err := ParseAddress(cfg.Address, cfg.Getenv); err != nil {
		return nil, err
	}
	for waits := false; ; waits = true {
		if c == nil {
			c, err = Dial(ctx, cfg)
		}
		if c != nil {
			_, err = c.Partitions(ctx)
		}
		switch {
		case err == nil:
			return c, nil
		case Refused(err) || ctx.Err() != nil:
			if c != nil {
				c.nc.Close()
			}
			return nil, err
		case !waits && cfg.Notify != nil:
			cfg.Notify(Notice{Text: "NATS cannot be used yet, the input waits", Err: err})
		}
		select {
		case <-time.After(waitEvery):
		case <-ctx.Done():
		}
	}
}
