package publish

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ttpctl/internal/store"
)

// A hook is a server that keeps what is posted to it.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	heads  []http.Header
	bodies []string
}

func newHook(t *testing.T, answer http.HandlerFunc) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		h.heads, h.bodies = append(h.heads, r.Header), append(h.bodies, string(body))
		h.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// An item is one message of a request.
type item struct {
	Subject string          `json:"subject"`
	Data    json.RawMessage `json:"data"`
}

func items(t *testing.T, body string) (list []item) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatalf("body %.200q: %v", body, err)
	}
	return list
}

func TestWebhook(t *testing.T) {
	h := newHook(t, nil)
	secret := []byte("s3cret")
	o := open(t, "webhook", h.URL+"/in?token=abc", Options{Secret: secret, UserAgent: "ttpctl/9"})
	send(t, o, tagged(1, someTag()), suppressed)
	got := items(t, h.bodies[0])
	if len(got) != 2 || got[0].Subject != "ttp.tagged" || got[1].Subject != "ttp.rule.suppressed" || string(got[1].Data) != string(suppressed.Body) {
		t.Errorf("body = %s, want a tag and a suppression", h.bodies[0])
	}
	if tag, err := parseTag(got[0].Data); err != nil || tag.UUID != someTag().UUID {
		t.Errorf("the tag comes as %s, %v", got[0].Data, err)
	}
	head := h.heads[0]
	// What docs/operating.md tells receivers to do.
	if want := "v1=" + signature(secret, head.Get("Ttpctl-Timestamp"), []byte(h.bodies[0])); head.Get("Ttpctl-Signature") != want {
		t.Errorf("signature = %q, want %q", head.Get("Ttpctl-Signature"), want)
	}
	if head.Get("Content-Type") != "application/json" || head.Get("User-Agent") != "ttpctl/9" || head.Get("Ttpctl-Timestamp") != "1796029230" {
		t.Errorf("header = %v", head)
	}
}

// The signature is that of RFC 4231's algorithm over timestamp, stop and body.
func TestSignature(t *testing.T) {
	// printf '1700000000.[]' | openssl dgst -sha256 -hmac key
	const want = "2afce10b4f37880815b715635811bcfa4d5334e7213eea5bc2e130e1008055c3"
	if got := signature([]byte("key"), "1700000000", []byte("[]")); got != want {
		t.Errorf("signature() = %s, want %s", got, want)
	}
}

// Requests are bounded in messages and bytes, and smaller for a receiver that
// finds them too large.
func TestWebhookSplits(t *testing.T) {
	const most = 30
	h := newHook(t, nil)
	h.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if list := items(t, string(body)); len(list) > most {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bodies = append(h.bodies, string(body))
	})
	o := open(t, "webhook", h.URL, Options{})
	send(t, o, taggedMessages(250)...)
	var uuids []string
	for _, body := range h.bodies {
		for _, it := range items(t, body) {
			tag, err := parseTag(it.Data)
			if err != nil {
				t.Fatal(err)
			}
			uuids = append(uuids, tag.UUID.String())
		}
	}
	slices.Sort(uuids)
	if n := len(slices.Compact(uuids)); n != 250 || len(h.bodies) != 10 {
		t.Errorf("%d tags in %d requests, want 250 in 10", n, len(h.bodies))
	}
	big := store.Message{Topic: store.Tagged, Body: []byte(`"` + strings.Repeat("x", postBytes) + `"`)}
	before := len(h.bodies)
	send(t, o, big, big)
	if got := len(h.bodies) - before; got != 2 {
		t.Errorf("two messages as large as a request may be came in %d, want 2", got)
	}
}

// Whatever a receiver answers but 2xx, nothing counts as sent.
func TestWebhookAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		after  string
		wait   time.Duration // 0 = as errors of no meaning
	}{
		{http.StatusOK, "", 0}, {http.StatusAccepted, "", 0}, {http.StatusNoContent, "", 0},
		{http.StatusInternalServerError, "", 0}, {http.StatusBadGateway, "", 0}, {http.StatusTooManyRequests, "", 0},
		{http.StatusTooManyRequests, "7", 7 * time.Second}, {http.StatusServiceUnavailable, "Mon, 30 Nov 2026 09:01:00 GMT", 30 * time.Second},
		{http.StatusServiceUnavailable, "999999999", longestTold}, {http.StatusServiceUnavailable, "soon", 0},
		{http.StatusServiceUnavailable, "-1", 0},
		{http.StatusBadRequest, "", longestWait}, {http.StatusUnauthorized, "", longestWait}, {http.StatusGone, "", longestWait},
		{http.StatusRequestEntityTooLarge, "", longestWait}, {http.StatusNotModified, "", longestWait},
	} {
		h := newHook(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.after != "" {
				w.Header().Set("Retry-After", c.after)
			}
			w.WriteHeader(c.status)
		})
		o := open(t, "webhook", h.URL, Options{})
		n, err := o.Send(t.Context(), "s", taggedMessages(1))
		if c.status/100 == 2 {
			if n != 1 || err != nil {
				t.Errorf("%d: Send() = %d, %v, want 1", c.status, n, err)
			}
			continue
		}
		var told *waitError
		wait := time.Duration(0)
		if asWait(err, &told) {
			wait = told.wait
		}
		if n != 0 || err == nil || wait != c.wait || !strings.Contains(err.Error(), fmt.Sprint(c.status)) {
			t.Errorf("%d, Retry-After %q: Send() = %d, %v, wait %v, want an error and %v", c.status, c.after, n, err, wait, c.wait)
		}
	}
}

func TestWebhookRedirect(t *testing.T) {
	elsewhere := newHook(t, nil)
	h := newHook(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	_, err := open(t, "webhook", h.URL, Options{}).Send(t.Context(), "s", taggedMessages(1))
	if err == nil || !strings.Contains(err.Error(), "redirects are not followed") || len(elsewhere.bodies) > 0 {
		t.Errorf("Send() error = %v, and %d requests went elsewhere, want none", err, len(elsewhere.bodies))
	}
}

// Servers that are slow, say nonsense, or never stop are errors in time.
func TestWebhookBadServers(t *testing.T) {
	for name, serve := range map[string]func(conn net.Conn){
		"silent":       func(conn net.Conn) { io.Copy(io.Discard, conn) },
		"closes":       func(conn net.Conn) {},
		"garbage":      func(conn net.Conn) { io.WriteString(conn, "\x00\xffHELO what?\r\n\r\n"); drainConn(conn) },
		"cut short":    func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx") },
		"slow headers": func(conn net.Conn) { slowly(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") },
		"slow body": func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			slowly(conn, strings.Repeat("x", 1000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, "webhook", "http://"+listen(t, serve), Options{Timeout: 300 * time.Millisecond})
			began := time.Now()
			n, err := o.Send(t.Context(), "s", taggedMessages(1))
			if n != 0 || err == nil || time.Since(began) > 15*time.Second {
				t.Errorf("Send() = %d, %v after %v, want an error soon", n, err, time.Since(began))
			}
		})
	}
}

// Headers without an end are read no further than a bound.
func TestWebhookHugeHeaders(t *testing.T) {
	addr := listen(t, func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		repeat(conn, "X-A: "+strings.Repeat("a", 1<<10)+"\r\n")
	})
	_, err := open(t, "webhook", "http://"+addr, Options{Timeout: time.Minute}).Send(t.Context(), "s", taggedMessages(1))
	if err == nil || !strings.Contains(err.Error(), "response headers exceeded") {
		t.Errorf("Send() error = %v, want that the headers are too large", err)
	}
}

// An answer without an end is read no further than a bound.
func TestWebhookHugeAnswer(t *testing.T) {
	addr := listen(t, func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
		repeat(conn, strings.Repeat("x", 1<<10))
	})
	o := open(t, "webhook", "http://"+addr, Options{Timeout: 15 * time.Second})
	began := time.Now()
	send(t, o, taggedMessages(1)...)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("Send() took %v", took)
	}
}

func TestWebhookTLS(t *testing.T) {
	h := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	h.Config.ErrorLog = quietLog()
	h.StartTLS()
	defer h.Close()
	if _, err := open(t, "webhook", h.URL, Options{}).Send(t.Context(), "s", taggedMessages(1)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Send() to an unknown certificate: error = %v, want it refused", err)
	}
	send(t, open(t, "webhook", h.URL, Options{RootCAs: h.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}), taggedMessages(1)...)
}

// What in a URL may be secret is in no name and in no error.
func TestWebhookKeepsSecrets(t *testing.T) {
	closed := listen(t, nil)
	const target = "http://user:passw0rd@%s/hooks/T0KEN/x?key=qsecret#fragment"
	o := open(t, "webhook", fmt.Sprintf(target, closed), Options{Secret: []byte("hmacsecret")})
	_, err := o.Send(t.Context(), "s", taggedMessages(1))
	if err == nil {
		t.Fatal("Send() to a closed port: no error")
	}
	_, parseErr := Open("webhook", "http://user:passw0rd@host:T0KEN/x?key=qsecret", Options{})
	_, schemeErr := Open("webhook", "ftp://user:passw0rd@host/T0KEN", Options{})
	for _, text := range []string{o.Name(), err.Error(), fmt.Sprint(parseErr), fmt.Sprint(schemeErr)} {
		for _, secret := range []string{"passw0rd", "T0KEN", "qsecret", "hmacsecret", "user"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q holds %s", text, secret)
			}
		}
	}
	if !strings.Contains(err.Error(), closed) || parseErr == nil || schemeErr == nil {
		t.Errorf("errors %v, %v, %v", err, parseErr, schemeErr)
	}
	other := open(t, "webhook", fmt.Sprintf("http://%s/hooks/other", closed), Options{})
	if o.Name() == other.Name() {
		t.Errorf("two paths have the name %s", o.Name())
	}
}
