package main

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// TestServeTellsTheManager: under systemd, serve says when it works and when it
// stops.
func TestServeTellsTheManager(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	in, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	told := func() string {
		in.SetReadDeadline(time.Now().Add(20 * time.Second))
		b := make([]byte, 100)
		n, err := in.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	g := startServe(t)
	if got := told(); got != "READY=1" {
		t.Errorf("serve tells %q, want READY=1", got)
	}
	g.stop()
	if got := told(); got != "STOPPING=1" {
		t.Errorf("serve tells %q after SIGTERM, want STOPPING=1", got)
	}
}
