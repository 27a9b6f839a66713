package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestUnknown(t *testing.T) {
	b := newBench(t, nil)
	for _, target := range []string{"/v1", "/v1/", "/v1/rules/", "/v1//rules", "/v1/rules/R0001", "/v1/rules//state", "/v1/rules/a/b/state", "/v1/../v1/rules", "/healthz/", "/HEALTHZ", "/v1/rules/R0001/state/x", "/live", "/rules/", "/rules/a/b"} {
		got := b.do("GET", target, adminToken, "")
		got.want(t, 404, "there is nothing at this path")
		if got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s is answered as %s", target, got.Header.Get("Content-Type"))
		}
	}
	got := b.do("DELETE", "/v1/events", adminToken, "")
	got.want(t, 405, "this path takes POST")
	if got.Header.Get("Allow") != "POST" {
		t.Errorf("Allow: %q", got.Header.Get("Allow"))
	}
	b.do("OPTIONS", "/v1/rules", "", "").want(t, 405, "")
	if head := b.do("HEAD", "/healthz", "", ""); head.StatusCode != 200 || head.body != "" {
		t.Errorf("HEAD /healthz = %d %q", head.StatusCode, head.body)
	}
	for _, a := range b.accesses() {
		if a.Route != "" && !strings.HasPrefix(a.Route, "/v1/e") && a.Route != "/healthz" || a.Remote != "127.0.0.1" {
			t.Errorf("the access log says %+v", a)
		}
	}
}

// What is not configured is not there.
func TestLeftOut(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Spool, c.Keys, c.States, c.Tags, c.Metrics, c.Checks = nil, nil, nil, nil, nil, nil
	})
	for _, target := range []string{"POST /v1/events", "GET /metrics", "GET /v1/rules", "GET /v1/tags", "GET /v1/techniques", "PUT /v1/rules/R0001/state"} {
		method, path, _ := strings.Cut(target, " ")
		if got := b.do(method, path+"?", adminToken, ""); got.StatusCode != 404 {
			t.Errorf("%s = %d", target, got.StatusCode)
		}
	}
	b.do("GET", "/readyz", "", "").want(t, 200, `{"ready":true,"checks":[]}`)
}

func TestHealth(t *testing.T) {
	checks := []Check{{Name: "rules", OK: true}, {Name: "database", Reason: "no room left"}}
	asked, now := 0, time.Now()
	b := newBench(t, func(c *Config) {
		c.Checks = func(context.Context) []Check { asked++; return checks }
		c.Now = func() time.Time { return now }
	})
	b.do("GET", "/healthz", "", "").want(t, 200, `{"status":"ok"}`)
	b.do("GET", "/readyz", "", "").want(t, 503, `{"ready":false,"checks":[{"name":"rules","ok":true},{"name":"database","ok":false,"reason":"no room left"}]}`)
	b.do("GET", "/readyz", "", "").want(t, 503, "no room left")
	if asked != 1 {
		t.Errorf("asked %d times within a second", asked)
	}
	checks, now = []Check{{Name: "database", OK: true}}, now.Add(checkEvery)
	b.do("GET", "/readyz", "", "").want(t, 200, `"ready":true`)
	b.do("GET", "/metrics", "", "").want(t, 200, "up 1")
	b.do("GET", "/v1/openapi.json", readerToken, "").want(t, 200, `"openapi": "3.1.0"`)
}

// A page of a browser whose name resolves to this machine names itself in Host.
func TestHosts(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Hosts = []string{"ttp.example"} })
	for host, status := range map[string]int{
		"localhost": 200, "localhost:80": 200, "127.0.0.1": 200, "[::1]:8470": 200, "127.9.9.9:1": 200, "TTP.example:443": 200,
		"evil.example": 421, "localhost.evil.example": 421, "203.0.113.9": 421, "127.0.0.1.evil.example": 421,
	} {
		b.do("GET", "/healthz", "", "", "Host", host).want(t, status, "")
	}
}

func TestHeaders(t *testing.T) {
	b := newBench(t, nil)
	for _, target := range []string{"/healthz", "/v1/rules", "/nothing"} {
		h := b.do("GET", target, "", "", "Origin", "https://evil.example").Header
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": "", "Server": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
	}
}

// What is no HTTP is answered with 400 or not at all, and the server goes on.
func TestMalformed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, text := range []string{
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
		"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
		"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
		"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
	} {
		got := b.raw(text)
		if status, _, _ := strings.Cut(got, "\r\n"); got != "" && !strings.HasPrefix(status, "HTTP/1.1 4") && !strings.HasPrefix(status, "HTTP/1.1 5") && !strings.HasPrefix(status, "HTTP/1.0 4") {
			t.Errorf("%.60q is answered with %q", text, status)
		}
	}
	b.do("GET", "/healthz", "", "").want(t, 200, "")
	cut := "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + ingestToken + "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"
	conn, err := net.Dial("tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, cut); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if status, _ := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(status, " 400 ") {
		t.Errorf("a chunk that is cut off is answered with %q", status)
	}
	if all := b.spooled(); len(all) != 0 {
		t.Errorf("stored %q", all)
	}
}

// Who sends its header or its body a byte at a time loses the connection, and
// nobody else waits for it.
func TestSlow(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) {
		c.Limits = Limits{Header: 100 * time.Millisecond, Read: 200 * time.Millisecond, Wait: time.Millisecond}
	})
	for _, begin := range []string{
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
		"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + ingestToken + "\r\nContent-Length: 100000\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", b.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); _, _ = io.Copy(io.Discard, conn) }()
		deadline := time.After(5 * time.Second)
		for open := true; open; {
			select {
			case <-ended:
				open = false
			case <-deadline:
				t.Fatalf("%.20q still holds its connection", begin)
			case <-time.After(20 * time.Millisecond):
				_, _ = conn.Write([]byte("x"))
			}
		}
		b.do("GET", "/healthz", "", "").want(t, 200, "")
	}
}

// A handler that panics costs its own request.
func TestPanic(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Checks = func(context.Context) []Check { panic(errors.New("broken")) } })
	r, err := b.http.Get("http://" + b.addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", r.StatusCode)
	}
	b.do("GET", "/healthz", "", "").want(t, 200, "")
	if len(b.warned) != 1 || !strings.Contains(b.warned[0].Error(), "broken") {
		t.Errorf("warned of %v", b.warned)
	}
}
