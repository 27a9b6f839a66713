package publish

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"ttpctl/internal/store"
)

// Ports of syslog that are used when none is named (RFC 6587 has none of its
// own and mentions 601; RFC 5425).
const (
	portTCP = "601"
	portTLS = "6514"
)

// A syslogOutput sends messages in the format of RFC 5424, with the octet
// counting of RFC 6587, over TCP or TLS. The protocol has no acknowledgement;
// that of TCP takes its place: what the receiver's machine has not confirmed, or
// has thrown away, is sent again. What a receiver has read counts as received.
type syslogOutput struct {
	name, address string
	tls           *tls.Config // nil = plain TCP
	o             Options
	conn          *syslogConn // nil = none
	text          bytes.Buffer
	unconfirmed   bool // something was sent since the last Sync
	lost          bool // of that, some may not have arrived
}

func openSyslog(target string, o Options) (Output, error) {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" || u.Scheme != "tcp" && u.Scheme != "tls" || u.User != nil || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("syslog: want tcp://host:port or tls://host:port")
	}
	s := &syslogOutput{name: "syslog " + u.Scheme + "://" + u.Host, o: o}
	port := portTCP
	if u.Scheme == "tls" {
		port = portTLS
		s.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs, ServerName: u.Hostname()}
	}
	if u.Port() != "" {
		port = u.Port()
	}
	s.address = net.JoinHostPort(u.Hostname(), port)
	return s, nil
}

func (s *syslogOutput) Name() string { return s.name }

// Close implements [Output].
func (s *syslogOutput) Close() error {
	s.hangUp()
	return nil
}

// Send implements [Output].
func (s *syslogOutput) Send(ctx context.Context, _ string, ms []store.Message) (int, error) {
	if s.conn != nil && s.conn.gone() != nil {
		s.hangUp()
	}
	if err := s.connect(ctx); err != nil {
		return 0, fmt.Errorf("output %s: %w", s.name, err)
	}
	if err := s.fill(ms); err != nil {
		return 0, err
	}
	if err := s.write(ctx); err != nil {
		s.hangUp() // a message may be torn: the next begins on a connection of its own
		return 0, fmt.Errorf("output %s: %w", s.name, err)
	}
	s.unconfirmed = true
	return len(ms), nil
}

// confirmEvery is the time between two looks at what is confirmed.
const confirmEvery = 5 * time.Millisecond

// Sync waits until the receiver's machine has confirmed what was sent.
func (s *syslogOutput) Sync(ctx context.Context) error {
	for deadline := time.Now().Add(s.o.timeout()); s.conn != nil && s.unconfirmed && !s.conn.settled(); {
		if s.conn.gone() != nil || time.Now().After(deadline) {
			s.hangUp()
			break
		}
		select {
		case <-time.After(confirmEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	lost := s.lost
	s.unconfirmed, s.lost = false, false
	if lost {
		return fmt.Errorf("output %s: the receiver went away; what it may not have got is sent again", s.name)
	}
	return nil
}

// write writes the frames within the time allowed and until ctx ends.
func (s *syslogOutput) write(ctx context.Context) error {
	conn := s.conn
	if err := conn.SetWriteDeadline(time.Now().Add(s.o.timeout())); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := conn.Write(s.text.Bytes())
	return err
}

// fill sets the frames of ms.
func (s *syslogOutput) fill(ms []store.Message) error {
	s.text.Reset()
	now := s.o.Now()
	for i := range ms {
		line, err := syslogLine(&s.o, now, &ms[i])
		if err != nil {
			return err
		}
		s.text.WriteString(strconv.Itoa(len(line)))
		s.text.WriteByte(' ')
		s.text.Write(line)
	}
	return nil
}

// hangUp ends the connection.
func (s *syslogOutput) hangUp() {
	if s.conn != nil {
		s.lost = s.lost || s.unconfirmed && !s.conn.settled()
		s.conn.close()
		s.conn = nil
	}
}

// connect opens a connection when there is none.
func (s *syslogOutput) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	dialer := &net.Dialer{Timeout: s.o.timeout()}
	ctx, cancel := context.WithTimeout(ctx, s.o.timeout())
	defer cancel()
	var conn net.Conn
	var err error
	if s.tls != nil {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: s.tls}).DialContext(ctx, "tcp", s.address)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", s.address)
	}
	if err != nil {
		return err
	}
	s.conn = watchConn(conn)
	return nil
}

// A syslogConn is a connection of which a goroutine notes that the receiver has
// ended it: a write would notice one message too late.
type syslogConn struct {
	net.Conn
	tcp  net.Conn // below TLS
	end  atomic.Pointer[error]
	done chan struct{}
}

func watchConn(conn net.Conn) *syslogConn {
	c := &syslogConn{Conn: conn, tcp: conn, done: make(chan struct{})}
	if t, ok := conn.(*tls.Conn); ok {
		c.tcp = t.NetConn()
	}
	go func() {
		defer close(c.done)
		discard := make([]byte, 512)
		for {
			if _, err := conn.Read(discard); err != nil { // a receiver has nothing to say
				c.end.Store(&err)
				return
			}
		}
	}()
	return c
}

// gone returns how the receiver ended the connection, nil = it did not.
func (c *syslogConn) gone() error {
	if err := c.end.Load(); err != nil {
		return *err
	}
	return nil
}

// settled reports whether all that was written has arrived. A receiver that ends
// before it has read everything resets the connection.
func (c *syslogConn) settled() bool {
	err := c.gone()
	clean := err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	return clean && unsent(c.tcp) == 0
}

func (c *syslogConn) close() {
	c.Conn.Close()
	<-c.done
}
