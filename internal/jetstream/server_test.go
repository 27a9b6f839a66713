package jetstream

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"ttpctl/internal/rounds"
)

// A server is a nats-server of a test's own.
type server struct {
	t    *testing.T
	port string
	dir  string
	args []string
	mu   sync.Mutex // it is started by a timer
	cmd  *exec.Cmd
}

func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("nats-server"); err != nil {
		t.Skip("LEFT OUT: there is no nats-server to restart")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	s := &server{t: t, port: port, dir: t.TempDir(), args: args}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd = exec.Command("nats-server", append([]string{"-a", "127.0.0.1", "-p", s.port, "-js", "-sd", s.dir}, s.args...)...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+s.port)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatal("nats-server does not answer")
		}
	}
}

func (s *server) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) address() string { return "nats://127.0.0.1:" + s.port }

// The server is killed and comes back: the source goes on, and nothing is lost or
// doubled; who sends waits.
func TestServerRestarts(t *testing.T) {
	n := rounds.Of(t, 1, 3)
	s := startServer(t)
	r := dial(t, s.address(), "partitions=1")
	r.partitions()
	r.send("a", 1, 100, 0)
	got := read(t, r.Partition(0))
	defer got.src.Close()
	got.until(100)
	for round := range n {
		s.kill()
		back := time.AfterFunc(300*time.Millisecond, s.start)
		defer back.Stop()
		first := 100 + 50*round
		r.send("a", first+1, first+50, first)
		got.until(first + 50)
	}
	if want := events("a", 1, 100+50*n); !slices.Equal(got.got, want) {
		t.Errorf("%d lines, want %d in order", len(got.got), len(want))
	}
	if len(r.told("connected to NATS again")) == 0 || len(r.told("the connection to NATS broke")) == 0 {
		t.Errorf("told %+v, want that the connection broke and was made again", r.notices)
	}
}

// Who reads slowly holds up nobody, has little in memory, and loses nothing.
func TestSlowReader(t *testing.T) {
	r := dial(t, shared(t), "partitions=1")
	r.partitions()
	got := read(t, r.Partition(0))
	defer got.src.Close()
	r.send("a", 1, 1, 0)
	got.until(1)
	r.send("a", 2, 20000, 1)
	time.Sleep(3 * heartbeat) // it does not read for longer than the server waits
	got.until(20000)
	if !slices.Equal(got.got, events("a", 1, 20000)) {
		t.Errorf("%d lines, want 20000 in order", len(got.got))
	}
}

// What the server, or the stream, does not take is told from a failure that passes,
// and what comes behind it goes.
func TestTooLarge(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(conf, []byte("max_payload: 8KB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "-c", conf)
	r := dial(t, s.address(), "partitions=1")
	r.partitions()
	sizes := func(n ...int) (ms []Message) {
		for i, size := range n {
			ms = append(ms, Message{Subject: r.partitionSubject(0), ID: fmt.Sprint(size, i), Data: bytes.Repeat([]byte{'x'}, size)})
		}
		return ms
	}
	want := func(what string, ms []Message, done int) {
		t.Helper()
		n, err := r.Send(t.Context(), ms)
		if n != done || !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: Send() = %d, %v, want %d, %v", what, n, err, done, ErrTooLarge)
		}
	}
	want("the server", sizes(100, 9000, 100), 1)
	want("with its headers", sizes(8000), 0)
	cfg, err := r.js.Stream(t.Context(), r.address.Stream)
	if err != nil {
		t.Fatal(err)
	}
	bounded := cfg.CachedInfo().Config
	bounded.MaxMsgSize = 1000
	if _, err := r.js.UpdateStream(t.Context(), bounded); err != nil {
		t.Fatal(err)
	}
	want("the stream", sizes(101, 102, 2000, 103), 2)
	if n, err := r.Send(t.Context(), sizes(104)); n != 1 || err != nil {
		t.Errorf("Send() of what is small = %d, %v", n, err)
	}
}
