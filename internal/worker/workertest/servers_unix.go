//go:build unix

package workertest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// ErrNoServer says that the binaries of a server are not on this machine, or cannot
// run here.
var ErrNoServer = errors.New("no server to start")

// A Postgres is a server of one's own, on a port that was free.
type Postgres struct {
	Address string // of its database postgres, which everybody may use

	bin, dir, port string
	as             *syscall.Credential // nil = who runs this
}

// StartPostgres makes a cluster in dir, which it makes its user's, and starts a server
// on it. Its binaries refuse to run as root: then it runs as postgres.
func StartPostgres(dir string) (*Postgres, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: nothing in /usr/lib/postgresql", ErrNoServer)
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	p := &Postgres{bin: filepath.Dir(found[len(found)-1]), dir: dir, port: port, Address: "postgres://postgres@127.0.0.1:" + port + "/postgres"}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, fmt.Errorf("%w: PostgreSQL does not run as root: %w", ErrNoServer, err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
	}
	if err := p.run("initdb", "-D", p.data(), "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "-E", "UTF8"); err != nil {
		return nil, err
	}
	return p, p.Start()
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// Start starts the server again, and returns when it answers.
func (p *Postgres) Start() error {
	return p.run("pg_ctl", "-D", p.data(), "-w", "-t", "100", "-l", filepath.Join(p.dir, "log"), "-o",
		fmt.Sprintf("-p %s -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c shared_buffers=16MB", p.port, p.dir), "start")
}

// Stop ends the server at once, as a crash does.
func (p *Postgres) Stop() error { return p.run("pg_ctl", "-D", p.data(), "-m", "immediate", "stop") }

func (p *Postgres) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", name, args, err)
	}
	return nil
}

// A NATS is a nats-server of one's own, with JetStream, on a port that was free.
type NATS struct {
	Host string // and port

	dir string
	cmd *exec.Cmd
}

// StartNATS starts a server that keeps its streams in dir.
func StartNATS(dir string) (*NATS, error) {
	if _, err := exec.LookPath("nats-server"); err != nil {
		return nil, fmt.Errorf("%w: there is no nats-server", ErrNoServer)
	}
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	n := &NATS{Host: "127.0.0.1:" + port, dir: dir}
	return n, n.Start()
}

// Start starts the server again, and returns when it answers.
func (n *NATS) Start() error {
	host, port, _ := net.SplitHostPort(n.Host)
	n.cmd = exec.Command("nats-server", "-a", host, "-p", port, "-js", "-sd", n.dir)
	if err := n.cmd.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", n.Host)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("nats-server does not answer: %w", err)
		}
	}
}

// Stop kills the server.
func (n *NATS) Stop() error {
	err := n.cmd.Process.Kill()
	_ = n.cmd.Wait() // it says that it was killed
	return err
}

// FreePort returns a port of 127.0.0.1 that nobody listened on a moment ago.
func FreePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
