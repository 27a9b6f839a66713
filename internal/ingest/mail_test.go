package ingest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

func crlf(lines ...string) string { return strings.Join(lines, "\r\n") }

func TestReadMessage(t *testing.T) {
	tests := []struct {
		name, raw string
		want      message
	}{
		{"plain", crlf("Subject: x", "", "Hello", "you"), message{"Hello\r\nyou", true, false}},
		{"an mbox line and broken headers", "From a@b Thu\nno header\nSubject : x\n\nbody", message{"body", true, false}},
		{"no body", crlf("Subject: x", ""), message{"", true, false}},
		{"empty", "", message{"", true, false}},
		{"base64", crlf("Content-Transfer-Encoding: BASE64", "", "SGVs", "bG8g!d29ybGQ=", ""), message{"Hello world", true, false}},
		{"quoted-printable", crlf("Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: quoted-printable", "", "caf=E9 so=", "ft =ZZ =3d"), message{"café soft =ZZ =", true, false}},
		{"a charset nobody knows", crlf("Content-Type: text/plain; charset=klingon", "", "caf\xe9"), message{"caf\ufffd", true, false}},
		{"shift-jis", crlf("Content-Type: text/plain; charset=\"Shift_JIS\"", "", "\x93\xfa\x96{"), message{"日本", true, false}},
		{"plain before html", crlf("Content-Type: multipart/alternative; boundary=\"b\"", "", "preamble", "--b", "Content-Type: text/html", "", "<p>html", "--b", "Content-Type: text/plain", "", "plain", "--b--", "after"),
			message{"plain", true, false}},
		{"html only", crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/html; charset=utf-8", "", "<p>é</p>", "--b--"), message{"<p>é</p>", true, false}},
		{"nested, an attachment first", crlf("Content-Type: multipart/mixed; boundary=a", "", "--a", "Content-Disposition: attachment; filename=x.txt", "", "attached", "--a",
			"Content-Type: multipart/alternative;", "\tboundary=\"b c\"", "", "--b c", "", "inner", "--b c--", "--a--"), message{"inner", true, false}},
		{"no end of the last part", crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "text"), message{"text", true, false}},
		{"a boundary that is quoted badly", crlf(`Content-Type: multipart/mixed; charset="x"y; boundary=b`, "", "--b", "", "text", "--b--"), message{"text", true, false}},
		{"no text", crlf("Content-Type: image/png", "", "\x89PNG"), message{"", false, false}},
		{"a part inside a mark's look-alike", crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "--bb", "--b--"), message{"--bb", true, false}},
		{"a list", crlf("List-Id: <x.example>", "", "x"), message{"x", true, true}},
		{"a list to leave", crlf("List-Unsubscribe:", " <mailto:x@example.com>", "", "x"), message{"x", true, true}},
		{"bulk", crlf("PRECEDENCE: Bulk", "", "x"), message{"x", true, true}},
		{"first class", crlf("Precedence: first-class", "", "x"), message{"x", true, false}},
		{"a bounce", crlf("Return-Path: < >", "", "x"), message{"x", true, true}},
		{"no header", crlf("Send 1 BTC to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "or else", "", "bye"), message{"Send 1 BTC to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\r\nor else\r\n\r\nbye", true, false}},
		{"no header, no blank line", "pay me", message{"pay me", true, false}},
		{"no header, a line that looks like a field", crlf("Hello: all", "pay me", "", "bye"), message{"Hello: all\r\npay me\r\n\r\nbye", true, false}},
		{"no blank line behind the header", crlf("From: a@example.com", "Subject: x", "pay me", "now"), message{"pay me\r\nnow", true, false}},
		{"a blank line, then the body", crlf("", "pay me: now"), message{"pay me: now", true, false}},
		{"only fields", crlf("Subject: x", "To: b@example.com"), message{"", true, false}},
		{"a part without a header", crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "pay me", "--b--"), message{"pay me", true, false}},
		{"a sender", crlf("Return-Path: <a@example.com>", "", "x"), message{"x", true, false}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, readMessage([]byte(tt.raw)), cmp.AllowUnexported(message{})); diff != "" {
			t.Errorf("%s: readMessage differs (-want +got):\n%s", tt.name, diff)
		}
	}
}

// emailLine returns an email event that names a stored message.
func emailLine(decky, stored, more string) string {
	return fmt.Sprintf(`{"source_kind":"email","source_id":"m","attacker_ip":"203.0.113.9","payload":{"decky_id":%q,"stored_as":%q,"rcpt_count":3%s}}`, decky, stored, more)
}

func TestMailResolved(t *testing.T) {
	dir := t.TempDir()
	box, outside := filepath.Join(dir, "box"), filepath.Join(dir, "secret.eml")
	write := func(name, text string) {
		path := filepath.Join(box, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("d1/a.eml", crlf("List-Id: x", "", "the body"))
	write("d1/sub/b.eml", crlf("", "below"))
	write("d1/image.eml", crlf("Content-Type: image/png", "", "x"))
	write("d1/large.eml", "\n"+strings.Repeat("large ", 50<<20/6))
	for _, err := range []error{
		os.WriteFile(outside, []byte("\nsecret"), 0o600),
		os.Symlink(outside, filepath.Join(box, "d1", "out.eml")),
		os.Symlink("../../secret.eml", filepath.Join(box, "d1", "up.eml")),
		os.Symlink(dir, filepath.Join(box, "d2")),
		os.Symlink("a.eml", filepath.Join(box, "d1", "in.eml")),
		os.Mkdir(filepath.Join(box, "d1", "dir.eml"), 0o700),
		syscall.Mkfifo(filepath.Join(box, "d1", "pipe.eml"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, line string
		body       string // "" = none
		list       bool
		why        string
	}{
		{"named", emailLine("d1", "a.eml", ""), "the body", true, ""},
		{"below", emailLine("d1", "sub/b.eml", ""), "below", false, ""},
		{"decoy of the event", strings.Replace(strings.Replace(emailLine("d1", "a.eml", ""), `"decky_id":"d1",`, "", 1), `"payload"`, `"decky_id":"d1","payload"`, 1), "the body", true, ""},
		{"a body given", emailLine("d1", "a.eml", `,"body_text":"given"`), "given", true, ""},
		{"a body given, no message", emailLine("d1", "gone.eml", `,"body_text":"given"`), "given", false, ""},
		{"a link inside", emailLine("d1", "in.eml", ""), "the body", true, ""},
		{"gone", emailLine("d1", "gone.eml", ""), "", false, "no such file or directory"},
		{"no name", emailLine("d1", "", ""), "", false, "the event names no stored message"},
		{"a link out", emailLine("d1", "out.eml", ""), "", false, "path escapes from parent"},
		{"a relative link out", emailLine("d1", "up.eml", ""), "", false, "path escapes from parent"},
		{"a directory that leads out", emailLine("d2", "secret.eml", ""), "", false, "path escapes from parent"},
		{"dots", emailLine("d1", "../../secret.eml", ""), "", false, "decky_id or stored_as leads out of the directory"},
		{"dots in the decoy", emailLine("..", "secret.eml", ""), "", false, "decky_id or stored_as leads out of the directory"},
		{"a decoy that is a path", emailLine("d1/sub", "b.eml", ""), "", false, "decky_id or stored_as leads out of the directory"},
		{"absolute", emailLine("d1", outside, ""), "", false, "decky_id or stored_as leads out of the directory"},
		{"a directory", emailLine("d1", "dir.eml", ""), "", false, "not a regular file"},
		{"a pipe", emailLine("d1", "pipe.eml", ""), "", false, "not a regular file"},
		{"NUL", strings.Replace(emailLine("d1", "a.eml", ""), `"a.eml"`, `"a\u0000.eml"`, 1), "", false, "invalid argument"},
		{"no text", emailLine("d1", "image.eml", ""), "", false, "the message holds no text"},
	}
	f := newMailFields()
	for _, tt := range tests {
		var body string
		var list, seen bool
		a, err := Run(t.Context(), []Input{{Name: "in", Reader: strings.NewReader(tt.line)}}, Config{Artifacts: box, Workers: 1}, func() Evaluator {
			return evaluatorFunc(func(ev *event.Event) {
				body, _ = ev.Text(f.body)
				body = strings.Clone(body)
				list, _ = ev.Flag(f.list)
				n, ok := ev.Num(fieldOf(event.KindEmail, "rcpt_count"))
				seen = ok && n == 3 // the event's other rules stand
			})
		}, func(*Batch) error { return nil })
		if err != nil || body != tt.body || list != tt.list || !seen {
			t.Errorf("%s: Run() = %v; body %q, list %v, want %q, %v", tt.name, err, body, list, tt.body, tt.list)
		}
		if names := a.MailUnread.Names(); strings.Join(names, " ") != tt.why {
			t.Errorf("%s: unread for %q, want %q", tt.name, names, tt.why)
		}
	}
	long := ""
	_, err := Run(t.Context(), []Input{{Name: "in", Reader: strings.NewReader(emailLine("d1", "large.eml", ""))}}, Config{Artifacts: box, Workers: 1}, func() Evaluator {
		return evaluatorFunc(func(ev *event.Event) { long, _ = ev.Text(f.body) })
	}, func(*Batch) error { return nil })
	if err != nil || len(long) != maxMessage-1 {
		t.Errorf("a message of 50 MB: Run() = %v, body of %d bytes, want %d", err, len(long), maxMessage-1)
	}
	if _, err := Run(t.Context(), nil, Config{Artifacts: filepath.Join(dir, "gone")}, newTagEach, func(*Batch) error { return nil }); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("Run with artifacts that are not there = %v, want an error", err)
	}
}

// Mail is read only for rules that want it.
func TestMailUnwanted(t *testing.T) {
	box, err := openMailbox(t.TempDir(), packWithout(t))
	if box != nil || err != nil {
		t.Errorf("openMailbox for rules on commands = %v, %v, want none", box, err)
	}
}

// packWithout returns what a ruleset on commands alone reads.
func packWithout(t *testing.T) *event.FieldSet {
	src := "rule_id: R0001\nrule_version: 1\nname: x\ndescription: x\napplies_to: [command]\nmatch: {contains: x}\nemits:\n  - {tactic: TA0007, technique_id: T1082, confidence: 0.7}\n"
	return compileSources(t, engine.Source{Name: "R0001.yaml", Data: []byte(src)}).Needs()
}

// MIME bombs cost time and memory in proportion to their size.
func TestMailBombs(t *testing.T) {
	nested := func(depth int) string {
		var b strings.Builder
		for i := range depth {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		return b.String() + "\ndeep"
	}
	bombs := map[string]string{
		"nested":        nested(100_000),
		"many parts":    "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n", 2_000_000),
		"many headers":  strings.Repeat("a:b\n", 2_000_000) + "\nbody",
		"one header":    "Content-Type: text/plain;\n" + strings.Repeat(" a=b;\n", 1_500_000) + "\nbody",
		"parameters":    "Content-Type: text/plain" + strings.Repeat(";a=b", 2_000_000) + "\n\nbody",
		"one line":      strings.Repeat("x", 10_000_000),
		"quoted":        "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=", 10_000_000),
		"UTF-16 blown":  "Content-Type: text/plain; charset=utf-16le\n\n" + strings.Repeat("\x00\x4e", 5_000_000),
		"ISO-2022 to 3": "Content-Type: text/plain; charset=iso-8859-1\n\n" + strings.Repeat("\xff", 10_000_000),
	}
	for name, raw := range bombs {
		msg := readMessage([]byte(raw[:min(len(raw), maxMessage)]))
		if len(msg.text) > 3*maxMessage || !utf8.ValidString(msg.text) {
			t.Errorf("%s: a text of %d bytes", name, len(msg.text))
		}
	}
	if msg := readMessage([]byte(nested(maxMIMEDepth))); msg.text != "deep" {
		t.Errorf("text below %d levels = %q, want deep", maxMIMEDepth, msg.text)
	}
}

// TestRealMail reads whole messages of people and of spammers.
func TestRealMail(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/mail/*/*")
	if len(files) == 0 {
		t.Skip("shared/data absent")
	}
	lists := map[string]int{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		msg := readMessage(raw)
		if !msg.hasText || strings.TrimSpace(msg.text) == "" || !utf8.ValidString(msg.text) {
			t.Errorf("%s: text %.60q", name, msg.text)
		}
		if msg.list {
			lists[filepath.Base(filepath.Dir(name))]++
		}
	}
	t.Logf("%d messages, lists: %v", len(files), lists)
	if lists["ham"] <= 5 {
		t.Errorf("%d of the ham are of lists, want most", lists["ham"])
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString([]byte("hello")), "--b--")))
	f.Add([]byte(crlf("Content-Type: text/html; charset=gb18030", "Content-Transfer-Encoding: quoted-printable", "", "=81=30=81", "=")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		msg := readMessage(raw)
		if !utf8.ValidString(msg.text) || !bytes.Equal(raw, before) || len(msg.text) > 3*len(raw)+16 {
			t.Errorf("readMessage(%q) = %q", before, msg.text)
		}
	})
}
