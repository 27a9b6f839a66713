package workertest

import (
	"io"
	"net"
	"sync"
)

// A Cutter passes connections on to a server, and can cut them all. It is safe for
// concurrent use.
type Cutter struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	cut   bool // and none is taken
	conns map[net.Conn]bool
}

// NewCutter passes on to target, a host and port, what comes to an address of its own
// until Close.
func NewCutter(target string) (*Cutter, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Cutter{listener: l, target: target, conns: map[net.Conn]bool{}}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go c.pass(in)
		}
	}()
	return c, nil
}

// Addr returns the host and port that it listens on.
func (c *Cutter) Addr() string { return c.listener.Addr().String() }

// Close cuts all connections, and takes no more.
func (c *Cutter) Close() error {
	err := c.listener.Close()
	c.Set(true)
	return err
}

func (c *Cutter) pass(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer out.Close()
	c.mu.Lock()
	if c.cut {
		c.mu.Unlock()
		return
	}
	c.conns[in], c.conns[out] = true, true
	c.mu.Unlock()
	done := make(chan bool, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			io.Copy(way[1], way[0])
			done <- true
		}()
	}
	<-done
	c.mu.Lock()
	delete(c.conns, in)
	delete(c.conns, out)
	c.mu.Unlock()
}

// Set cuts all connections and takes none, or lets new ones pass.
func (c *Cutter) Set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	for conn := range c.conns {
		if cut {
			conn.Close()
		}
	}
}
