package aggregate

import (
	"testing"
	"time"

	"ttpctl/internal/event"
)

func TestIsForeign(t *testing.T) {
	for _, text := range []string{
		"GET / HTTP/1.1", "GET /", "POST /cgi-bin/x HTTP/1.0", "OPTIONS sip:nm SIP/2.0", "OPTIONS sip:nm", "OPTIONS * RTSP/1.0", "SIP/2.0 200 OK",
		"CONNECT example.com:443 HTTP/1.1", "PRI * HTTP/2.0", "Host: 192.0.2.1:23", "user-agent: curl/8", "Via: SIP/2.0/TCP nm;branch=foo", "Accept: */*",
		"SSH-2.0-Go", "EHLO x", "\x16\x03\x01\x02", `\x16\x03\x01`, "\x03\x00\x00/*", "Cookie: mstshash=Administr",
	} {
		if !isForeign(text) {
			t.Errorf("isForeign(%q) = false, want true", text)
		}
	}
	for _, text := range []string{
		"", "root", "admin", "GET", "get /", "HTTP/", "often blank", " ", "HOST", "Host:", "from: me", "a: b", "P@ss /w0rd", "http://x", "ABC def", "SSH-key", "/*", "OPTIONS",
	} {
		want := text == "from: me" // a header of SIP by its look
		if isForeign(text) != want {
			t.Errorf("isForeign(%q) = %v, want %v", text, !want, want)
		}
	}
}

// TestForeignCountsNowhere: what is no login leaves no trace.
func TestForeignCountsNowhere(t *testing.T) {
	p := newPlayer(t, New(Config{Honeytokens: [][2]string{{"GET / HTTP/1.1", "Host: x"}}}))
	empty := string(p.set.MarshalState())
	for i := range 10 {
		l := &Login{Sensor: "d", Service: "telnet", Session: "s", Attacker: "a", Username: "GET / HTTP/1.1", Password: event.Some("Host: x"),
			Success: i == 9, At: time.Date(2026, 9, 14, 10, 0, i, 0, time.UTC), TS: "2026-09-14T10:00:00Z"}
		if v := p.set.Login(l, p.emit); v != (Verdict{Foreign: true}) {
			t.Errorf("Login() = %+v, want foreign and no more", v)
		}
	}
	if len(p.events) != 0 || string(p.set.MarshalState()) != empty {
		t.Errorf("%d events, want none, and nothing remembered", len(p.events))
	}
}
