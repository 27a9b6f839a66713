package jetstream

import (
	"net/url"
	"os"
	"strings"
	"testing"
)

// Users, passwords, tokens and certificates: who has none is refused, and no
// error says one.
func TestSecrets(t *testing.T) {
	const secret = "hunter2-of-nats"
	s := startServer(t, "--user", "tagger", "--pass", secret)
	file := t.TempDir() + "/password"
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	at := func(user string) string { return "nats://" + user + "127.0.0.1:" + s.port }
	for name, c := range map[string]struct {
		address string
		getenv  func(string) string
		ok      bool
	}{
		"file":        {at("tagger@") + "?password-file=" + url.QueryEscape(file), none, true},
		"environment": {at("tagger@"), func(name string) string { return map[string]string{PasswordVariable: secret}[name] }, true},
		"none":        {at("tagger@"), none, false},
		"in address":  {at("tagger:" + secret + "@"), none, false},
		"token":       {at("") + "?token=" + secret, none, false},
	} {
		conn, err := Dial(t.Context(), Config{Address: c.address, Getenv: c.getenv})
		if (err == nil) != c.ok || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want no error: %v", name, err, c.ok)
		}
		if err == nil {
			conn.Close()
		} else if name == "none" && !Refused(err) {
			t.Errorf("%s: %v is no refusal", name, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"nats://a":              "nats://a:4222",
		"nats://u@a:1,b/":       "nats://a:1,b:4222",
		"tls://[::1]?prefix=x":  "nats://[::1]:4222?prefix=x",
		"nats://a?partitions=0": "", "nats://a?x=y": "", "http://a": "", "nats://": "", "nats://a/b": "", "nats://u:p@a": "",
		"nats://a?max-age=1": "", "nats://a?prefix=a.b": "", "nats://a?cert=x": "", "nats://a?password-file=/nonexistent": "", "nats://%zz@a": "", "nats://a?%zz": "",
	} {
		a, err := ParseAddress(text, func(string) string { return "" })
		if (err == nil) != (want != "") || err == nil && a.String() != want {
			t.Errorf("ParseAddress(%q) = %v, %v, want %q", text, a, err, want)
		}
	}
}

// The partition of a key is the same for ever: events of one attacker lie in one.
func TestPartitionOf(t *testing.T) {
	c := &Conn{address: &Address{}}
	for key, want := range map[string]string{
		"": "ttp.events.5", "3a90f681-a007-5d06-8036-a9c1661decb1": "ttp.events.5", "ddcc99c7-193b-5b8c-8151-6bcb9c82a9c5": "ttp.events.14",
	} {
		if got := c.PartitionOf(key, 16); got != want {
			t.Errorf("PartitionOf(%q, 16) = %s, want %s", key, got, want)
		}
	}
}
