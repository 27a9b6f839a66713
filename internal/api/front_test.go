package api

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Tokens of a file and of the environment are taken, and read again; what
// cannot be read leaves them as they were.
func TestFront(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("reader " + readerToken)
	opt := FrontOptions{Addr: "127.0.0.1:0", TokensFile: path, TokensText: "admin " + adminToken}
	f, err := OpenFront(opt, Config{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	f.Start()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	status := func(token string) int {
		t.Helper()
		r, err := http.NewRequest("GET", "http://"+f.Addr()+"/v1/openapi.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	const other = "other-token-0123456789"
	check := func(reader, next int) {
		t.Helper()
		if a, r, n := status(adminToken), status(readerToken), status(other); a != 200 || r != reader || n != next {
			t.Errorf("admin %d, reader %d, the next reader %d, want 200, %d, %d", a, r, n, reader, next)
		}
	}
	check(200, 401)
	write("reader " + readerToken + "\nreader " + other)
	if err := f.Reload(); err != nil {
		t.Fatal(err)
	}
	check(200, 200)
	write("reader short")
	if err := f.Reload(); err == nil || !strings.Contains(err.Error(), path+": line 1: the token is shorter") {
		t.Errorf("Reload of a bad file = %v", err)
	}
	check(200, 200)
	if err := f.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFrontRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		opt  FrontOptions
		want string
	}{
		"no token":        {FrontOptions{Addr: "127.0.0.1:0"}, "no token"},
		"no file":         {FrontOptions{Addr: "127.0.0.1:0", TokensFile: "/nowhere"}, "/nowhere"},
		"bad environment": {FrontOptions{Addr: "127.0.0.1:0", TokensText: "x"}, "tokens of the environment: line 1"},
		"half a pair":     {FrontOptions{Addr: "127.0.0.1:0", TokensText: "admin " + adminToken, CertFile: "c"}, "without its key"},
		"no certificate":  {FrontOptions{Addr: "127.0.0.1:0", TokensText: "admin " + adminToken, CertFile: "/nowhere", KeyFile: "/nowhere"}, "certificate /nowhere"},
		"address":         {FrontOptions{Addr: "0.0.0.0:0", TokensText: "admin " + adminToken}, "not a loopback address"},
		"large file":      {FrontOptions{Addr: "127.0.0.1:0", TokensFile: "/dev/zero"}, "larger than"},
	} {
		f, err := OpenFront(tt.opt, Config{Now: time.Now})
		if err == nil {
			f.Start()
			f.Close(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), adminToken) {
			t.Errorf("%s: OpenFront = %v, want %q", name, err, tt.want)
		}
	}
}
