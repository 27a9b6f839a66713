package publish

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ttpctl/internal/store/storetest"
)

// A collector is a syslog server that keeps the frames it gets, at most so many
// of one connection.
type collector struct {
	most   int // 0 = any number
	mu     sync.Mutex
	frames []string
	conns  int
}

func (c *collector) serve(conn net.Conn) {
	c.mu.Lock()
	c.conns++
	c.mu.Unlock()
	r := bufio.NewReader(conn)
	for n := 1; ; n++ {
		size, err := r.ReadString(' ')
		if err != nil {
			return
		}
		octets, err := strconv.Atoi(strings.TrimSuffix(size, " "))
		if err != nil {
			return
		}
		frame := make([]byte, octets)
		if _, err := io.ReadFull(r, frame); err != nil {
			return
		}
		c.mu.Lock()
		c.frames = append(c.frames, string(frame))
		c.mu.Unlock()
		if n == c.most {
			return
		}
	}
}

func (c *collector) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames[:len(c.frames):len(c.frames)]
}

// collect starts a collector and returns its target.
func collect(t *testing.T, c *collector, cfg *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := "tcp://" + l.Addr().String()
	if cfg != nil {
		l, target = tls.NewListener(l, cfg), "tls://"+l.Addr().String()
	}
	serveAll(t, l, c.serve)
	return target
}

// A line is what RFC 5424 says, whatever is in the tag.
func TestSyslogLine(t *testing.T) {
	o := &Options{Host: "sensor 1", PID: 4711}
	now := time.Date(2026, 11, 30, 9, 0, 30, 1e6, time.UTC)
	m := tagged(1, someTag())
	line, err := syslogLine(o, now, &m)
	if err != nil {
		t.Fatal(err)
	}
	tag := someTag()
	want := `<133>1 2026-11-30T09:00:30.001Z sensor?1 ttpctl 4711 ttp.tagged [ttp@32473 uuid="` + tag.UUID.String() + `" rule_id="R0007" tactic="TA0002"` +
		` technique_id="T1007" sub_technique_id="T1007.001" confidence="0.85" attacker_ip="198.51.100.0" attacker_uuid="a\]\"\\b"` +
		` session_id="s\\x1b[2J\\n1"`
	if !strings.HasPrefix(string(line), want) {
		t.Errorf("line = %s\nwant it to begin with\n%s", line, want)
	}
	if rest := string(line); strings.ContainsAny(rest, "\n\r\x00\x1b") || !strings.Contains(rest, `source_id="ü\] 日本\\x00"`) {
		t.Errorf("line = %q, want no control character", rest)
	}
	if !strings.HasSuffix(string(line), `"observed_at":"2026-11-22T10:00:00Z"}`) {
		t.Errorf("line = %s, want the tag at its end", line)
	}
	if line, err = syslogLine(&Options{}, now, &suppressed); err != nil {
		t.Fatal(err)
	}
	wantSuppressed := `<133>1 2026-11-30T09:00:30.001Z - ttpctl 0 ttp.rule.suppressed [ttp@32473 rule_id="R0001" attacker_uuid="a" minute="2026-11-30T09:00:00Z" limit="3"] ` + string(suppressed.Body)
	if string(line) != wantSuppressed {
		t.Errorf("line = %s\nwant   %s", line, wantSuppressed)
	}
}

func TestSyslog(t *testing.T) {
	cert, pool := certificate(t)
	for name, cfg := range map[string]*tls.Config{"tcp": nil, "tls": {Certificates: []tls.Certificate{cert}}} {
		t.Run(name, func(t *testing.T) {
			c := &collector{}
			o := open(t, "syslog", collect(t, c, cfg), Options{RootCAs: pool})
			send(t, o, taggedMessages(3)...)
			send(t, o, taggedMessages(300)...)
			storetest.Eventually(t, "303 frames", func() bool { return len(c.all()) == 303 })
			if c.conns != 1 {
				t.Errorf("%d connections, want one", c.conns)
			}
			for i, frame := range c.all()[3:] {
				if want := fmt.Sprintf(`source_id="cmd_%08d"`, i); !strings.Contains(frame, want) {
					t.Fatalf("frame %d = %.300s, want %s", i, frame, want)
				}
			}
		})
	}
}

func TestSyslogUntrusted(t *testing.T) {
	cert, _ := certificate(t)
	c := &collector{}
	o := open(t, "syslog", collect(t, c, &tls.Config{Certificates: []tls.Certificate{cert}}), Options{})
	if n, err := o.Send(t.Context(), "s", taggedMessages(1)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Send() to an unknown certificate = %d, %v, want it refused", n, err)
	}
}

// A receiver that goes away is dialled again; what it had not taken comes then.
func TestSyslogReconnects(t *testing.T) {
	c := &collector{most: 1}
	o := open(t, "syslog", collect(t, c, nil), Options{})
	for i := range 5 {
		ms := taggedMessages(i + 1)
		send(t, o, ms[i])
		storetest.Eventually(t, "the frame", func() bool { return len(c.all()) == i+1 })
		storetest.Eventually(t, "that the end is noted", func() bool { return o.(*syslogOutput).conn.gone() != nil })
		if err := o.(*syslogOutput).Sync(t.Context()); err != nil {
			t.Errorf("Sync() after a receiver that read everything and ended: %v", err)
		}
	}
	if c.conns != 5 {
		t.Errorf("%d connections, want 5", c.conns)
	}
}

// What a receiver has not read when it ends is sent again; so is what it does
// not take for too long.
func TestSyslogUnread(t *testing.T) {
	t.Parallel()
	read, stop := make(chan struct{}), make(chan struct{})
	o := open(t, "syslog", "tcp://"+listen(t, func(net.Conn) { close(read); <-stop }), Options{Timeout: time.Second}).(*syslogOutput)
	send(t, o, taggedMessages(1)...)
	<-read
	if err := o.Sync(t.Context()); err != nil {
		t.Errorf("Sync() = %v, want nothing", err)
	}
	send(t, o, taggedMessages(10)...)
	storetest.Eventually(t, "that its machine has them", func() bool { return unsent(o.conn.tcp) == 0 })
	close(stop) // it ends with these in its buffer
	storetest.Eventually(t, "that the end is noted", func() bool { return o.conn.gone() != nil })
	for i, want := range []bool{true, false} { // told once
		if err := o.Sync(t.Context()); (err != nil) != want {
			t.Errorf("Sync() %d = %v, want an error: %v", i, err, want)
		}
	}
	if runtime.GOOS != "linux" {
		t.Skip("what is confirmed cannot be asked here")
	}
	hold := make(chan struct{})
	defer close(hold)
	o = open(t, "syslog", "tcp://"+listen(t, func(net.Conn) { <-hold }), Options{Timeout: 200 * time.Millisecond}).(*syslogOutput)
	if err := o.Sync(t.Context()); err != nil {
		t.Errorf("Sync() of nothing = %v", err)
	}
	sent := 0
	for { // until the buffers on the way are full
		n, err := o.Send(t.Context(), "s", taggedMessages(500))
		if sent += n; err != nil {
			break
		}
	}
	if err := o.Sync(t.Context()); err == nil || sent == 0 {
		t.Errorf("Sync() after %d messages of which few arrived: no error", sent)
	}
}

// Nobody there, and somebody who takes nothing, are errors in time.
func TestSyslogBadServers(t *testing.T) {
	t.Parallel()
	closed := listen(t, nil)
	o := open(t, "syslog", "tcp://"+closed, Options{})
	if n, err := o.Send(t.Context(), "s", taggedMessages(1)); err == nil || n != 0 {
		t.Errorf("Send() to a closed port = %d, %v, want an error", n, err)
	}
	stop := make(chan struct{})
	defer close(stop)
	o = open(t, "syslog", "tcp://"+listen(t, func(net.Conn) { <-stop }), Options{Timeout: 200 * time.Millisecond})
	var err error
	for n := 0; err == nil && n < 1000; n++ { // until the buffers on the way are full
		_, err = o.Send(t.Context(), "s", taggedMessages(500))
	}
	if err == nil {
		t.Error("Send() to a receiver that reads nothing: no error")
	}
}

func TestSyslogTargets(t *testing.T) {
	for target, address := range map[string]string{
		"tcp://h": "h:601", "tls://h": "h:6514", "tls://[::1]:9": "[::1]:9", "tcp://h:1514/": "h:1514",
		"udp://h": "", "h:514": "", "tcp://": "", "tcp://u:p@h": "", "tcp://h/path": "", "tls://h?x": "",
	} {
		o, err := Open("syslog", target, Options{})
		if address == "" {
			if err == nil || strings.Contains(err.Error(), "u:p") {
				t.Errorf("Open(%s) = %v, want it refused", target, err)
			}
			continue
		}
		if err != nil || o.(*syslogOutput).address != address {
			t.Errorf("Open(%s) = %+v, %v, want %s", target, o, err, address)
		}
	}
}
