package api

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ttpctl/internal/attack"
	"ttpctl/internal/bus"
	"ttpctl/internal/engine"
	"ttpctl/internal/lifters"
	"ttpctl/internal/live"
	"ttpctl/internal/rounds"
	"ttpctl/internal/spool"
	"ttpctl/internal/store/sqlite"
)

// What tests compile by is immutable, and read once.
var (
	catalogue = sync.OnceValue(attack.Load)
	programs  = sync.OnceValue(engine.Programs)
)

func TestMain(m *testing.M) {
	rounds.InMemory()
	goleak.VerifyTestMain(m)
}

// The tokens of the tests.
const (
	ingestToken = "ingest-token-0123456789"
	readerToken = "reader-token-0123456789"
	adminToken  = "admin-token-0123456789"
)

// A bench is a server that is served, with what is behind it.
type bench struct {
	t    *testing.T
	srv  *Server
	cfg  Config
	addr string
	log  *spool.Log
	keys *Keys
	db   *sqlite.DB
	http *http.Client

	mu     sync.Mutex
	seen   []Access
	warned []error
}

const ruleText = `rule_id: R0001
rule_version: 3
name: fires_on_wget
description: a rule of the tests
applies_to: [command]
match: {contains: wget}
emits:
  - {tactic: TA0011, technique_id: T1105, confidence: 0.9}
`

func inForce(t testing.TB) func() *engine.Snapshot {
	t.Helper()
	rs, diags := engine.Compile([]engine.Source{{Name: "R0001.yaml", Data: []byte(ruleText)}},
		engine.Config{Catalogue: catalogue(), Programs: programs(), Builders: lifters.Builders()})
	if len(rs.Rules()) != 1 {
		t.Fatal(diags)
	}
	return func() *engine.Snapshot { return engine.NewSnapshot(rs, nil, time.Now()) }
}

// newBench serves all that there is; change may take some of it away.
func newBench(t *testing.T, change func(*Config)) *bench {
	t.Helper()
	return newBenchBehind(t, ListenOptions{}, change)
}

// newBenchBehind is newBench behind TLS, perhaps.
func newBenchBehind(t *testing.T, listen ListenOptions, change func(*Config)) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{t: t, http: &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	b.open(dir)
	tokens := &Tokens{}
	list, err := ParseTokens("ingest " + ingestToken + " sensors\nreader " + readerToken + "\nadmin " + adminToken + " ana\n")
	if err != nil {
		t.Fatal(err)
	}
	tokens.Set(list)
	over := &bus.Bus{}
	over.Close() // streams end at once
	b.cfg = Config{
		Bus: over, Tokens: tokens, Spool: b.log, Keys: b.keys, InForce: inForce(t), States: b.db.States(), Tags: b.db.Tags(),
		Catalogue: catalogue(), Now: time.Now, Limits: Limits{Wait: 20 * time.Millisecond},
		Checks:  func(context.Context) []Check { return []Check{{Name: "rules", OK: true}} },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "up 1\n") }),
		Observe: func(a Access) { b.mu.Lock(); defer b.mu.Unlock(); b.seen = append(b.seen, a) },
		Warn:    func(err error) { b.mu.Lock(); defer b.mu.Unlock(); b.warned = append(b.warned, err) },
	}
	b.cfg.Limits.Guess = time.Millisecond
	b.cfg.Board = live.New(live.Config{
		Tags: b.cfg.Tags, InForce: b.cfg.InForce, Catalogue: b.cfg.Catalogue, Now: time.Now, Tick: 10 * time.Millisecond, Every: 10 * time.Millisecond,
	})
	if change != nil {
		change(&b.cfg)
	}
	b.serve(listen)
	return b
}

// open opens the files below dir.
func (b *bench) open(dir string) {
	b.t.Helper()
	var err error
	if b.keys, err = OpenKeys(filepath.Join(dir, "keys"), time.Now); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.keys.Close() })
	b.log, err = spool.Open(filepath.Join(dir, "spool"), spool.Options{Seen: b.keys.Seen, Leaving: b.keys.Leaving})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.log.Close() })
	if b.db, err = sqlite.Open(b.t.Context(), filepath.Join(dir, "ttpctl.db"), sqlite.Options{Now: time.Now}); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { b.db.Close() })
}

func (b *bench) serve(listen ListenOptions) {
	b.t.Helper()
	ln, err := Listen("127.0.0.1:0", listen)
	if err != nil {
		b.t.Fatal(err)
	}
	b.addr, b.srv = ln.Addr().String(), New(b.cfg)
	done := make(chan error, 1)
	go func() { done <- b.srv.Serve(ln) }()
	b.t.Cleanup(func() {
		b.http.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := b.srv.Shutdown(ctx); err != nil {
			b.t.Error(err)
		}
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
}

// A reply is an answer, read to its end.
type reply struct {
	*http.Response
	body string
}

// do sends a request and holds the answer to the OpenAPI document. headers are
// names and values in turn.
func (b *bench) do(method, target, token, body string, headers ...string) reply {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, "http://"+b.addr+target, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	resp, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	got := reply{resp, string(text)}
	checkDocumented(b.t, method, r.URL.Path, got)
	return got
}

// want checks the status of a reply, and that its body holds some text.
func (r reply) want(t *testing.T, status int, text string) {
	t.Helper()
	if r.StatusCode != status || !strings.Contains(r.body, text) {
		t.Errorf("%s %s = %d %s, want %d and %q", r.Request.Method, r.Request.URL.Path, r.StatusCode, r.body, status, text)
	}
}

// raw sends bytes and returns what comes back until the connection ends.
func (b *bench) raw(text string) string {
	b.t.Helper()
	conn, err := net.Dial("tcp", b.addr)
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		b.t.Fatal(err)
	}
	var got bytes.Buffer
	_, _ = io.Copy(&got, conn) // a reset is an end too
	return got.String()
}

// accesses returns the requests that were observed.
func (b *bench) accesses() []Access {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Access(nil), b.seen...)
}
