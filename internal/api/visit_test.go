package api

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ttpctl/internal/event"
)

// A visitor is a browser that is signed in.
type visitor struct {
	b            *bench
	cookie, csrf string
}

// form sends a form as a page of the server does.
func (b *bench) form(path, cookie string, values url.Values, headers ...string) reply {
	b.t.Helper()
	all := append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", "http://" + b.addr, "Cookie", cookie}, headers...)
	return b.do("POST", path, "", values.Encode(), all...)
}

// signIn gives a token, and reads the session's CSRF token from a page.
func (b *bench) signIn(token string) *visitor {
	b.t.Helper()
	got := b.form("/sign-in", "", url.Values{"token": {token}})
	got.want(b.t, 303, "")
	v := &visitor{b: b}
	v.cookie, _, _ = strings.Cut(got.Header.Get("Set-Cookie"), ";")
	page := v.get("/rules/R0001")
	page.want(b.t, 200, "R0001")
	m := regexp.MustCompile(`name="csrf" value="([^"]{40,})"`).FindStringSubmatch(page.body)
	if m == nil {
		b.t.Fatalf("no CSRF token in %s", page.body)
	}
	v.csrf = m[1]
	return v
}

func (v *visitor) get(path string) reply {
	v.b.t.Helper()
	return v.b.do("GET", path, "", "", "Cookie", v.cookie)
}

func (v *visitor) post(path string, values ...string) reply {
	v.b.t.Helper()
	form := url.Values{"csrf": {v.csrf}}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return v.b.form(path, v.cookie, form)
}

// off is the form that switches R0001 off.
var off = []string{"state", "disabled", "ttl", "4h", "reason", "floods the SIEM", "revision", "0"}

func TestSignIn(t *testing.T) {
	b := newBench(t, nil)
	got := b.do("GET", "/sign-in", "", "")
	got.want(t, 200, `<form method="post" action="/sign-in"`)
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'sha256-", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin",
	} {
		if h := got.Header.Get(name); !strings.HasPrefix(h, want) {
			t.Errorf("%s: %q, want %q", name, h, want)
		}
	}
	for _, part := range []string{"connect-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if h := got.Header.Get("Content-Security-Policy"); !strings.Contains(h, part) || strings.Contains(h, "unsafe") {
			t.Errorf("the policy %q lacks %q", h, part)
		}
	}
	token := url.Values{"token": {adminToken}}
	for _, headers := range [][]string{
		{"Origin", ""}, {"Origin", "null"}, {"Origin", "http://evil.example"}, {"Origin", "http://127.0.0.1:1"}, {"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "none"}, {"Origin", "", "Sec-Fetch-Site", "cross-site"}, {"Origin", "javascript:x"},
	} {
		got := b.form("/sign-in", "", token, headers...)
		got.want(t, 403, "came from another place")
		if got.Header.Get("Set-Cookie") != "" {
			t.Errorf("%v: a cookie was set", headers)
		}
	}
	b.form("/sign-in", "", token, "Origin", "", "Sec-Fetch-Site", "same-origin").want(t, 303, "")
	b.form("/sign-in", "", url.Values{"token": {"a token of nobody"}}).want(t, 401, "This token is not known.")
	b.form("/sign-in", "", url.Values{}).want(t, 401, "This token is not known.")
	b.form("/sign-in", "", url.Values{"token": {ingestToken}}).want(t, 403, "role ingest does not show the report")
	b.form("/sign-in", "", url.Values{"token": {strings.Repeat("x", maxForm)}}).want(t, 413, "larger")
	b.do("POST", "/sign-in?token="+adminToken, "", "", "Origin", "http://"+b.addr).want(t, 400, "unknown")
	got = b.form("/sign-in", "", token)
	got.want(t, 303, "")
	cookie := got.Header.Get("Set-Cookie")
	if !regexp.MustCompile(`^ttpctl=[\w-]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict$`).MatchString(cookie) || got.Header.Get("Location") != "/" {
		t.Errorf("the cookie is %q, to %q", cookie, got.Header.Get("Location"))
	}
	for _, a := range b.accesses() {
		if strings.Contains(fmt.Sprint(a), "0123456789") {
			t.Errorf("the access log shows a token: %+v", a)
		}
	}
}

// Over TLS, if only to a proxy, the cookie is for this host and TLS alone.
func TestCookieOverTLS(t *testing.T) {
	behind := httptest.NewRequest("POST", "/sign-in", nil)
	behind.Header.Set("Origin", "https://"+behind.Host)
	direct := httptest.NewRequest("POST", "/sign-in", nil)
	direct.TLS = &tls.ConnectionState{}
	for _, r := range []*http.Request{behind, direct} {
		w := httptest.NewRecorder()
		setCookie(w, r, "id")
		if got, want := w.Header().Get("Set-Cookie"), "__Host-ttpctl=id; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict"; got != want {
			t.Errorf("the cookie is %q, want %q", got, want)
		}
	}
	for _, r := range []*http.Request{behind, direct} {
		r.Header.Set("Cookie", "ttpctl=planted")
		if got, want := cookieOf(r), map[bool]string{true: "", false: "planted"}[r.TLS != nil]; got != want {
			t.Errorf("of a plain cookie, over TLS %t, %q is taken, want %q", r.TLS != nil, got, want)
		}
		r.Header.Set("Cookie", "ttpctl=planted; __Host-ttpctl=own")
		if got := cookieOf(r); got != "own" {
			t.Errorf("of both cookies %q is taken", got)
		}
	}
	direct.Header.Set("Origin", "http://"+direct.Host)
	if sameOrigin(direct) || !sameOrigin(behind) {
		t.Error("a page without TLS is of the origin of one with TLS")
	}
}

// Guessing is slow, and ends.
func TestTries(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := newBench(t, func(c *Config) { c.Now = func() time.Time { return now } })
	wrong, right := url.Values{"token": {"a token of nobody"}}, url.Values{"token": {adminToken}}
	for i := range maxTries {
		if i == maxTries/2 {
			b.form("/sign-in", "", right).want(t, 303, "") // which takes back no other
		}
		b.form("/sign-in", "", wrong).want(t, 401, "not known")
	}
	b.form("/sign-in", "", right).want(t, 429, "Too many tries")
	now = now.Add(triesTime)
	b.form("/sign-in", "", wrong).want(t, 401, "not known")
	b.form("/sign-in", "", right).want(t, 303, "")
	var ts tries
	for i := range 3 * maxTriers {
		ts.another(fmt.Sprint("2001:db8:", i%0xffff, "::1"), now)
	}
	if len(ts.of) > maxTriers {
		t.Errorf("%d addresses are remembered", len(ts.of))
	}
	for i := range maxTries + 1 {
		if ok := ts.another(fmt.Sprintf("2001:db8:0:1::%x", i+1), now); ok != (i < maxTries) {
			t.Errorf("try %d of a network: %v", i+1, ok)
		}
	}
	begin := time.Now()
	slow := newBench(t, func(c *Config) { c.Limits.Guess = 50 * time.Millisecond })
	slow.form("/sign-in", "", wrong).want(t, 401, "")
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("a wrong token was answered after %v", took)
	}
}

// Who has no session, or not one that may, sees nothing and changes nothing.
func TestVisitors(t *testing.T) {
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	b := newBench(t, func(c *Config) { c.Now = func() time.Time { return time.Unix(0, clock.Load()) } })
	stranger := func(about, cookie, token string) {
		t.Helper()
		for _, path := range []string{"/", "/rules/R0001"} {
			got := b.do("GET", path, token, "", "Cookie", cookie)
			got.want(t, 303, "")
			if to := got.Header.Get("Location"); to != "/sign-in" || got.body != "" {
				t.Errorf("%s: %s goes to %s with %q", about, path, to, got.body)
			}
		}
		for _, path := range []string{"/live/body", "/live/events"} {
			b.do("GET", path, token, "", "Cookie", cookie).want(t, 401, "nobody is signed in")
		}
		if got := b.form("/rules/R0001", cookie, url.Values{"state": {"disabled"}, "reason": {"r"}, "revision": {"0"}}); got.Header.Get("Location") != "/sign-in" {
			t.Errorf("%s: a change is answered with %d %s", about, got.StatusCode, got.body)
		}
	}
	stranger("no cookie", "", "")
	stranger("a token and no cookie", "", adminToken)
	stranger("a cookie of nobody", "ttpctl=0123456789012345678901234567890123456789012", "")
	stranger("a long cookie", "ttpctl="+strings.Repeat("x", 5000), "")

	admin, reader := b.signIn(adminToken), b.signIn(readerToken)
	admin.get("/").want(t, 200, "Sign out")
	b.do("GET", "/v1/rules", "", "", "Cookie", admin.cookie).want(t, 401, "needs a token")
	b.do("PUT", "/v1/rules/R0001/state", "", `{"state":"disabled","reason":"r"}`, "Cookie", admin.cookie, "If-Match", "*").want(t, 401, "needs a token")
	if page := reader.get("/rules/R0001"); strings.Contains(page.body, `class="switching"`) || strings.Contains(reader.get("/").body, ">Switch<") {
		t.Error("a reader is shown what he may not do")
	}
	if page := admin.get("/rules/R0001"); !strings.Contains(page.body, `class="switching"`) || !strings.Contains(admin.get("/").body, ">Switch<") {
		t.Error("an admin is not shown what he may do")
	}
	reader.post("/rules/R0001", off...).want(t, 403, "needs a token of role admin, yours has role reader")
	admin.post("/rules/R0001", append(off, "csrf", "")...).want(t, 403, "not of your session")
	admin.post("/rules/R0001", append(off, "csrf", reader.csrf)...).want(t, 403, "not of your session")
	admin.post("/sign-out", "csrf", reader.csrf).want(t, 403, "not of your session")
	form := url.Values{"csrf": {admin.csrf}, "state": {"disabled"}, "reason": {"r"}, "revision": {"0"}}
	b.form("/rules/R0001", admin.cookie, form, "Origin", "http://evil.example").want(t, 403, "came from another place")
	b.form("/rules/R0001", admin.cookie, form, "Sec-Fetch-Site", "same-site").want(t, 403, "came from another place")
	b.form("/rules/R0001", admin.cookie, form, "Content-Type", "application/json").want(t, 403, "not of your session")
	if h, err := b.db.States().History(t.Context(), ""); err != nil || len(h) != 0 {
		t.Errorf("what was refused is stored: %+v, %v", h, err)
	}

	admin.post("/sign-out").want(t, 303, "")
	stranger("signed out", admin.cookie, "")
	clock.Add(int64(sessionLife) - 1)
	reader.get("/rules/R0001").want(t, 200, "R0001")
	clock.Add(1)
	stranger("expired", reader.cookie, "")

	again := b.signIn(adminToken)
	list, err := ParseTokens("reader " + readerToken)
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.Tokens.Set(list)
	stranger("its token is out of use", again.cookie, "")
}

// There are only so many sessions: the oldest makes room.
func TestSessionsBound(t *testing.T) {
	var ss sessions
	now := time.Now()
	first := ss.begin(Token{}, now)
	for i := range maxSessions {
		ss.begin(Token{}, now.Add(time.Duration(i+1)))
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: plainCookie, Value: first})
	ts := &Tokens{}
	ts.Set([]Token{{Role: Admin}})
	if _, _, ok := ss.find(r, ts, now); ok || len(ss.byID) != maxSessions {
		t.Errorf("%d sessions, the oldest among them: %v", len(ss.byID), ok)
	}
}

func TestSwitch(t *testing.T) {
	b := newBench(t, nil)
	admin := b.signIn(adminToken)
	const path = "/rules/R0001"
	for _, c := range []struct{ name, value, want string }{
		{"reason", "", "no reason"}, {"reason", "  ", "no reason"}, {"state", "off", "enabled, disabled, clipped"}, {"ttl", "-4h", "ttl is not"},
		{"revision", "x", "which state"}, {"revision", "-1", "which state"}, {"state", "clipped", "no number"},
	} {
		admin.post(path, append(off, c.name, c.value)...).want(t, 400, c.want)
	}
	admin.post(path, append(off, "state", "clipped", "confidence_max", "1.5")...).want(t, 400, "outside [0, 1]")
	admin.post(path, append(off, "reason", strings.Repeat("x", maxForm))...).want(t, 413, "larger")
	admin.post("/rules/R0002", off...).want(t, 404, "no rule in force")
	admin.get("/rules/R0002").want(t, 404, "no rule in force")

	got := admin.post(path, off...)
	got.want(t, 303, "")
	if to := got.Header.Get("Location"); to != path {
		t.Errorf("it goes to %s", to)
	}
	admin.get(path).want(t, 200, "floods the SIEM")
	conflict := admin.post(path, append(off, "reason", "mine <b>")...)
	conflict.want(t, 409, "somebody changed the state meanwhile")
	conflict.want(t, 409, `name="revision" value="1"`)
	conflict.want(t, 409, `value="mine &lt;b&gt;"`)
	admin.post(path, "state", "clipped", "confidence_max", "0.4", "ttl", "", "reason", "loud", "revision", "1").want(t, 303, "")
	admin.post(path, "state", "enabled", "confidence_max", "0.4", "ttl", "4h", "reason", "over", "revision", "2").want(t, 303, "")
	h, err := b.db.States().History(t.Context(), "R0001")
	if err != nil || len(h) != 3 {
		t.Fatalf("the history is %+v, %v", h, err)
	}
	enabled, clipped, disabled := h[0].State, h[1].State, h[2].State
	if disabled.SetBy != "ana" || disabled.Mode != event.Disabled || disabled.ExpiresAt.Sub(disabled.SetAt) < 4*time.Hour-time.Minute {
		t.Errorf("disabled is %+v", disabled)
	}
	if clipped.Mode != event.Clipped || clipped.Max != 0.4 || !clipped.ExpiresAt.IsZero() || enabled.Mode != event.Enabled || enabled.Reason != "over" {
		t.Errorf("clipped is %+v, enabled %+v", clipped, enabled)
	}
}

// What attackers wrote comes to browsers as text, by every way.
func TestLivePathHostile(t *testing.T) {
	b := newBench(t, nil)
	admin := b.signIn(adminToken)
	admin.get("/").want(t, 200, "Nothing was seen")
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+b.addr+"/live/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", admin.cookie)
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	in := bufio.NewScanner(res.Body)
	next := func(prefix string) string {
		t.Helper()
		for in.Scan() {
			if rest, ok := strings.CutPrefix(in.Text(), prefix); ok {
				return rest
			}
		}
		t.Fatalf("the stream ended before %q: %v", prefix, in.Err())
		return ""
	}
	next("event: page")
	const evil = "\n\nevent: page\ndata: x\r<img src=x onerror=alert(1)>\u202e\x1b[31m\u2028"
	tag := event.Tag{
		UUID: event.UUID{1}, SourceKind: "command", SourceID: evil, AttackerUUID: evil, SessionID: event.Some(evil), DeckyID: event.Some(evil), Tactic: "TA0011", Technique: "T1105",
		Confidence: 0.9, RuleID: "R0001", RuleVersion: 3, Evidence: event.AppendQuoted([]byte(`{"matched":`), evil), AttackRelease: "enterprise-v19.1",
		MitreURL: "https://attack.mitre.org/techniques/T1105", ObservedAt: "2026-11-22T10:00:00Z",
	}
	tag.Evidence = append(tag.Evidence, '}')
	if _, err := b.db.Tags().Insert(t.Context(), []event.Tag{tag}); err != nil {
		t.Fatal(err)
	}
	next("event: hits")
	hit := next("data: ")
	if strings.ContainsAny(hit, "<>\u202e\x1b\u2028\r") || !strings.Contains(hit, `"technique":"T1105"`) || !strings.Contains(hit, `"tags":1`) {
		t.Errorf("the hit is %q", hit)
	}
	next("event: page")
	plain := admin.get("/live/body")
	plain.want(t, 200, "T1105")
	for _, page := range []string{plain.body, admin.get("/").body} {
		if strings.Contains(page, "<img") || strings.ContainsAny(page, "\u202e\x1b\u2028") || !strings.Contains(page, "&lt;img") {
			t.Error("the page has more than text of what an attacker wrote")
		}
	}
	zipped := b.do("GET", "/live/body", "", "", "Cookie", admin.cookie, "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(bytes.NewReader([]byte(zipped.body)))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != plain.body {
		t.Errorf("compressed it is %d bytes, %v, want %d", len(text), err, len(plain.body))
	}
	if strings.Contains(plain.body, admin.csrf) {
		t.Error("what is compressed holds the CSRF token")
	}
	admin.post("/sign-out").want(t, 303, "")
	for in.Scan() { // until it ends
	}
}

// A stream lasts longer than a request may take to come, and an event to go, over
// either HTTP; and there are only so many.
func TestStreamsLast(t *testing.T) {
	t.Parallel()
	cert, err := LoadCertificate(writeCertificate(t, t.TempDir(), 1))
	if err != nil {
		t.Fatal(err)
	}
	for major, listen := range map[int]ListenOptions{1: {}, 2: {Certificate: cert}} {
		b := newBenchBehind(t, listen, func(c *Config) {
			c.Limits.Read, c.Limits.Write, c.Limits.Push, c.Limits.Viewers = 100*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond, 1
		})
		b.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
		session := b.srv.sessions.begin((*b.cfg.Tokens.list.Load())[2], time.Now())
		ask := func() *http.Response {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), "GET", map[int]string{1: "http://", 2: "https://"}[major]+b.addr+"/live/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.AddCookie(&http.Cookie{Name: map[int]string{1: plainCookie, 2: secureCookie}[major], Value: session})
			res, err := b.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { res.Body.Close() })
			return res
		}
		res := ask()
		if second := ask(); second.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a second stream: %d", second.StatusCode)
		}
		time.AfterFunc(400*time.Millisecond, func() { b.srv.sessions.drop(res.Request) })
		begin := time.Now()
		if _, err := io.Copy(io.Discard, res.Body); err != nil || time.Since(begin) < 300*time.Millisecond || res.ProtoMajor != major {
			t.Errorf("the stream over %s ended after %v: %v", res.Proto, time.Since(begin), err)
		}
	}
}
