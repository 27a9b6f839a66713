package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ttpctl/internal/store"
)

// A worker is a ttpctl serve, and those that come after it when it is killed.
type worker struct {
	campaign *campaign
	number   int
	busy     sync.Mutex // held by the fault that it is in

	cmd     *exec.Cmd
	log     *os.File
	wanted  *atomic.Bool // to end, the process that runs
	ended   chan error
	started int
}

// start starts a process.
func (w *worker) start() (err error) {
	c := w.campaign
	home := c.in(fmt.Sprintf("worker-%d", w.number))
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	if w.log, err = os.OpenFile(w.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	defer w.log.Close()
	w.started++
	streams := c.address(c.nats.Host)
	cmd := exec.Command(c.ttpctl, "serve", "--store", "database", "--rules", "pack", "--source", streams, "-o", streams, "--log-format", "json", "--grace", "30s")
	cmd.Env = append(os.Environ(), "TTPCTL_DB="+c.store, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home)
	cmd.Stderr = w.log
	if err := cmd.Start(); err != nil {
		return err
	}
	wanted, ended := &atomic.Bool{}, make(chan error, 1)
	w.cmd, w.wanted, w.ended = cmd, wanted, ended
	go func() {
		err := cmd.Wait()
		if !wanted.Load() {
			c.differs("worker %d ended by itself: %v", w.number, err)
		}
		ended <- err
		close(ended)
	}()
	return nil
}

func (w *worker) logFile() string {
	return filepath.Join(w.campaign.dir, fmt.Sprintf("worker-%d.log", w.number))
}

// end kills the process.
func (w *worker) end() {
	w.wanted.Store(true)
	w.cmd.Process.Kill() // it may have ended
	<-w.ended
}

// stopWithin is how long a worker may take to end when it is asked to.
const stopWithin = time.Minute

// stop asks the process to end, and waits for it.
func (w *worker) stop() error {
	w.wanted.Store(true)
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-w.ended:
		return err
	case <-time.After(stopWithin):
		return fmt.Errorf("it did not end within %v", stopWithin)
	}
}

// What workers log of claims.
const (
	taken     = "a claim is ours"
	takenOver = "a claim is taken over from a process that gave no sign of life"
	lost      = "a claim is lost to another process"
)

// claims returns what the process holds.
func (w *worker) claims(ctx context.Context) ([]store.Claim, error) {
	all, err := w.campaign.db.Claims().All(ctx)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	return slices.DeleteFunc(all, func(c store.Claim) bool { return c.Note != store.OwnerName(w.cmd.Process.Pid, host) }), err
}

// count returns how many lines of the log say msg.
func (w *worker) count(msg string) int {
	text, err := os.ReadFile(w.logFile())
	if err != nil {
		return 0
	}
	quoted, _ := json.Marshal(msg) // a string always has a form
	return bytes.Count(text, append([]byte(`"msg":`), quoted...))
}
