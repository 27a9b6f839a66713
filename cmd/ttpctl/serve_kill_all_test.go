package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/rounds"
	"ttpctl/internal/worker/workertest"
)

// A receiver takes what a webhook posts, and does in turn what receivers do that
// are in trouble, until it is mended.
type receiver struct {
	t  *testing.T
	mu sync.Mutex
	// rng and what follows are guarded by mu.
	rng     *rand.Rand
	mended  bool
	taken   []string // tags of requests that were answered with 2xx
	trouble map[string]int
}

// newReceiver returns a receiver and its URL.
func newReceiver(t *testing.T, seed uint64) (r *receiver, url string) {
	r = &receiver{t: t, rng: rand.New(rand.NewPCG(seed, 71)), trouble: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /tags", r.take)
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return r, server.URL + "/tags"
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender was killed
	}
	switch r.whim() {
	case "fails":
		w.WriteHeader(http.StatusInternalServerError)
	case "redirects":
		http.Redirect(w, req, "/elsewhere", http.StatusTemporaryRedirect)
	case "garbage":
		r.garbage(w)
	case "slow":
		time.Sleep(300 * time.Millisecond)
		r.keep(body)
	default:
		r.keep(body)
	}
}

// whim returns what is done with a request.
func (r *receiver) whim() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mended {
		return ""
	}
	whims := []string{"fails", "redirects", "garbage", "slow", "", ""}
	whim := whims[r.rng.IntN(len(whims))]
	r.trouble[whim]++
	return whim
}

func (r *receiver) garbage(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		r.t.Error(err)
		return
	}
	defer conn.Close()
	io.WriteString(conn, "\x00\xff not HTTP at all\r\n\r\n")
}

func (r *receiver) keep(body []byte) {
	var messages []struct {
		Subject string          `json:"subject"`
		Data    json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &messages); err != nil {
		r.t.Errorf("a webhook posts %.200q: %v", body, err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range messages {
		if m.Subject == "ttp.tagged" {
			r.taken = append(r.taken, string(m.Data))
		}
	}
}

// mend ends all trouble, and returns what there was of it.
func (r *receiver) mend() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mended = true
	return r.trouble
}

// tags returns what was taken, each once, in order.
func (r *receiver) tags() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return sortedLines(strings.Join(r.taken, "\n"))
}

// freeAddress returns a loopback address on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestServeKilledWithAll: serve is killed again and again while it follows a log
// that is rotated, takes events over HTTP, writes a file and posts to a receiver
// that is in trouble. In the end each source has the tags that one run of tag
// gives it, and every tag was published to both outputs.
func TestServeKilledWithAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	kills, seed := killing(t)
	logged, posted := workertest.BusyLog(t, "../../testdata/logs/cowrie.json", 10), sessionEvents(4)
	writeText(t, in("whole.json"), logged)
	writeText(t, in("whole.jsonl"), strings.Join(posted, "\n")+"\n")
	writeText(t, in("key"), "a key of more than sixteen bytes")
	writeText(t, in("tokens"), "ingest "+sensorToken)
	if err := os.Mkdir(in("log"), 0o700); err != nil {
		t.Fatal(err)
	}
	hook, url := newReceiver(t, seed)
	address := freeAddress(t)
	var stderr bytes.Buffer
	serve := func(more ...string) *exec.Cmd {
		cmd := exec.Command("ttpctl", append([]string{"serve", "--db", in("t.db"), "--follow", in("log"), "--listen", address, "--listen-tokens-file", in("tokens"),
			"-o", "jsonl=" + in("tags.jsonl"), "--webhook", url, "--hash-key-file", in("key")}, more...)...)
		cmd.Stderr = &stderr
		return cmd
	}
	w := &rotatingWriter{t: t, path: in("log/cowrie.json"), rng: rand.New(rand.NewPCG(seed, 72))}
	w.append("")
	var feeding sync.WaitGroup
	feeding.Go(func() { w.write(logged, time.Duration(kills)*400*time.Millisecond) })
	s := &sender{url: "http://" + address + "/v1/events", rng: rand.New(rand.NewPCG(seed, 73))}
	feeding.Go(func() {
		if err := s.send(posted); err != nil {
			t.Error(err)
		}
	})
	fed := make(chan bool)
	go func() { feeding.Wait(); close(fed) }()
	rng := rand.New(rand.NewPCG(seed, 74))
	for over, round := false, 0; !over; round++ {
		cmd := serve()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		awaitServing(t, address)
		wait := time.Duration(rng.IntN(400)) * time.Millisecond
		if round >= kills {
			wait = time.Minute // the rest undisturbed
		}
		select {
		case <-fed:
			over = true
		case <-time.After(wait):
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
	trouble := hook.mend()
	if err := serve("--once").Run(); err != nil {
		t.Errorf("serve --once: %v; serve said:\n%s", err, stderr.String())
	}
	var want []string
	for _, source := range []string{"whole.json", "whole.jsonl"} {
		out, err := exec.Command("ttpctl", "tag", "--db", "none", "-o", "jsonl", "--hash-key-file", in("key"), in(source)).Output()
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, sortedLines(string(out))...)
	}
	slices.Sort(want)
	stored, err := exec.Command("ttpctl", "report", "tags", "--db", in("t.db"), "-o", "jsonl").Output()
	if err != nil {
		t.Fatal(err)
	}
	filed, err := os.ReadFile(in("tags.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	what := fmt.Sprintf("%d rotations, %d requests, %d attempts repeated, trouble of the receiver %v, seed %d", w.rotations, s.requests, s.repeated, trouble, seed)
	for place, got := range map[string][]string{"stored": sortedLines(string(stored)), "filed": sortedLines(string(filed)), "posted": hook.tags()} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s: tags that are %s differ from those of tag (-tag +%s):\n%.3000s", stderr.String(), what, place, place, diff)
		}
	}
	if rounds.More(t) && len(trouble) < 2 {
		t.Errorf("the receiver was hardly ever in trouble: %s", what)
	}
	t.Log(what)
}
