package jetstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
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
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired):
		return hint.Errorf("name a user in the address and a file of the password with ?password-file=FILE, or ?token-file=FILE, ?creds=FILE or ?nkey=FILE, or set "+PasswordVariable+", "+TokenVariable+" or "+CredsVariable, "%w", err)
	case unverified:
		return hint.Errorf("name the certificate of the authority that signed the server's, with ?ca=FILE or in "+CAVariable+", and in the address the host as its certificate has it", "%w", err)
	case strings.Contains(err.Error(), "remote error: tls: "): // the type is not exported
		return hint.Errorf("the server wants a certificate of its clients: name one that it trusts with ?cert=FILE&key=FILE", "%w", err)
	case errors.Is(err, nats.ErrSecureConnWanted):
		return hint.Errorf("write nats:// instead of tls://, without ca, cert and key, or set up TLS at the server", "the server has no TLS: %w", err)
	}
	return err
}

// Refused reports whether what was given cannot be worked with, by a server that
// answered or by itself: to try again does not help. All such errors have a hint.
func Refused(err error) bool {
	_, given := errors.AsType[*hint.Error](err)
	return given
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
	if err := c.identify(&opts); err != nil {
		return opts, err
	}
	return opts, c.secure(&opts)
}

// identify takes who asks from files of keys. They are read again at each connection,
// and looked at now.
func (c *Conn) identify(opts *nats.Options) error {
	a := c.address
	if a.creds != "" {
		err := nats.UserCredentials(a.creds)(opts)
		if err == nil {
			_, err = opts.UserJWT()
		}
		if err == nil {
			_, err = opts.SignatureCB(nil)
		}
		if err != nil {
			return hint.Errorf("a file with a JWT and its seed, as nsc generate creds writes it", "creds %s: %w", a.creds, hint.PathReason(err))
		}
	}
	if a.nkey != "" {
		use, err := nats.NkeyOptionFromSeed(a.nkey)
		if err == nil {
			err = use(opts)
		}
		if err != nil {
			return hint.Errorf("a file with the seed of a user (SU...)", "nkey %s: %w", a.nkey, hint.PathReason(err))
		}
	}
	return nil
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
			return hint.Errorf("", "ca %s: %w", a.ca, hint.PathReason(err))
		}
		opts.TLSConfig.RootCAs = x509.NewCertPool()
		if !opts.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
			return hint.Errorf("a file of certificates in PEM", "ca %s: no certificate in it", a.ca)
		}
	}
	if a.cert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(a.cert, a.key)
	if err != nil {
		return hint.Errorf("files in PEM", "cert %s, key %s: %w", a.cert, a.key, hint.PathReason(err))
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
