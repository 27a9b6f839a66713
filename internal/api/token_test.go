package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestParseTokens(t *testing.T) {
	const hash = "sha256:4f0b7f4e1a5c7a1bd7dd2a3e4f0b7f4e1a5c7a1bd7dd2a3e4f0b7f4e1a5c7a1b"
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"# nobody yet\n\n", ""},
		{"ingest 0123456789abcdef\nreader " + hash + " wall # the screen\nadmin fedcba9876543210 ana", "ingest token 9f9f5111, reader wall, admin ana, "},
		{"ingest 0123456789abcde", "line 1: the token is shorter than 16 characters: openssl rand -hex 32 makes a good one"},
		{"\nroot 0123456789abcdef", "line 2: the first word is no role: want ingest, reader or admin"},
		{"open 0123456789abcdef", "line 1: the first word is no role: want ingest, reader or admin"},
		{"ingest", "line 1: 1 words, want a role, a token or its hash, and perhaps a name"},
		{"ingest 0123456789abcdef a b", "line 1: 4 words, want a role, a token or its hash, and perhaps a name"},
		{"ingest sha256:12", "line 1: the hash behind sha256: is not 64 hex digits"},
		{"ingest " + hash + "00", "line 1: the hash behind sha256: is not 64 hex digits"},
		{"ingest sha256:" + strings.Repeat("x", 64), "line 1: the hash behind sha256: is not 64 hex digits"},
	} {
		ts, err := ParseTokens(tt.text)
		got := ""
		for _, tok := range ts {
			got += fmt.Sprintf("%s %s, ", tok.Role, tok.Name)
		}
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("ParseTokens(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// A token is taken as it is written and as its hash, several of one role at a
// time, and none any more once others were set.
func TestTokens(t *testing.T) {
	const hashed = "sha256:a8fa2ab3e6d3d4ee2f53a3dc0a9d0b33ea4e2aa3dbb0d2e6d5e1a17dc1d3c5e3"
	ts := &Tokens{}
	if _, ok := ts.find("0123456789abcdef"); ok {
		t.Error("a token is known where none was set")
	}
	list, err := ParseTokens("ingest 0123456789abcdef old\ningest 0123456789abcdeg new\nreader " + hashed)
	if err != nil {
		t.Fatal(err)
	}
	ts.Set(list)
	for secret, want := range map[string]string{"0123456789abcdef": "old", "0123456789abcdeg": "new", "0123456789abcdeh": "", hashed: "", "": ""} {
		if got, ok := ts.find(secret); ok != (want != "") || got.Name != want {
			t.Errorf("find(%q) = %+v, %v, want %q", secret, got, ok, want)
		}
	}
	ts.Set(list[1:])
	if _, ok := ts.find("0123456789abcdef"); ok {
		t.Error("a token is known that was taken out")
	}
}

// Every route against every token.
func TestRoles(t *testing.T) {
	b := newBench(t, nil)
	tokens := map[string]Role{"": Open, "a token of nobody": Open, ingestToken: Ingest, readerToken: Reader, adminToken: Admin}
	for _, r := range routes() {
		if r.cookie {
			continue // no token opens these: TestVisitors
		}
		for token, role := range tokens {
			got := b.do(r.method, strings.ReplaceAll(r.path, "{id}", "R0001"), token, "")
			refused := got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusForbidden
			if may := r.role == Open || role == r.role || role == Admin; may == refused {
				t.Errorf("%s %s with the token of %s = %d %s", r.method, r.path, role, got.StatusCode, got.body)
			}
			if role == Open && r.role != Open && (got.StatusCode != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") == "") {
				t.Errorf("%s %s without a token that is known = %d", r.method, r.path, got.StatusCode)
			}
			if strings.Contains(got.body, "0123456789") {
				t.Errorf("%s %s shows a token: %s", r.method, r.path, got.body)
			}
		}
	}
	for _, header := range []string{readerToken, "Basic " + readerToken, "Bearer", "Bearer  ", "Bearer " + readerToken + "x"} {
		b.do("GET", "/v1/rules", "", "", "Authorization", header).want(t, http.StatusUnauthorized, "token")
	}
	b.do("GET", "/v1/rules", "", "", "Authorization", "bearer "+readerToken).want(t, http.StatusOK, "R0001")
	for _, a := range b.accesses() {
		if strings.Contains(fmt.Sprint(a), "0123456789") {
			t.Errorf("the access log shows a token: %+v", a)
		}
	}
}
