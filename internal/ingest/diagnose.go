package ingest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"ttpctl/internal/lines"
)

// A look-alike is a kind of log or file that is not read, and how it is known.
type lookAlike struct {
	name string
	is   func(l []byte, s *sniffed) bool
}

// lookAlikes is asked in order.
func lookAlikes() []lookAlike {
	begins := func(heads ...string) func([]byte, *sniffed) bool {
		return func(l []byte, _ *sniffed) bool {
			return slices.ContainsFunc(heads, func(h string) bool { return bytes.HasPrefix(l, []byte(h)) })
		}
	}
	return []lookAlike{
		{"a zip archive", begins("PK\x03\x04", "PK\x05\x06")},
		{"xz", begins("\xfd7zXZ")},
		{"gzip", begins("\x1f\x8b")},
		{"a tar archive", func(l []byte, _ *sniffed) bool { return bytes.Contains(l[:min(len(l), 512)], []byte("ustar")) }},
		{"a 7z archive", begins("7z\xbc\xaf\x27\x1c")},
		{"an LZ4 file", begins("\x04\x22\x4d\x18")},
		{"a SQLite database", begins("SQLite format 3")},
		{"a packet capture", begins("\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x0a\x0d\x0d\x0a")},
		{"UTF-16", isUTF16},
		{"a JSON array", begins("[")},
		{"Suricata EVE", func(_ []byte, s *sniffed) bool {
			return s.has("event_type") && s.has("timestamp") && s.has("flow_id", "src_ip", "stats")
		}},
		{"Zeek as JSON", func(_ []byte, s *sniffed) bool { return s.has("ts") && s.has("uid", "id.orig_h") }},
		{"a Zeek log with tabs", begins("#separator", "#fields", "#set_separator")},
		{"tags that ttpctl printed", func(_ []byte, s *sniffed) bool { return isTag(s) }},
		{"Heralding's log of sessions as CSV", begins("timestamp,duration,session_id")},
		{"Heralding's log of sessions", func(_ []byte, s *sniffed) bool { return s.has("auth_attempts", "num_auth_attempts") }},
		{"a log of OpenCanary", func(_ []byte, s *sniffed) bool { return s.has("logtype") && s.has("logdata", "src_host") }},
		{"Cowrie's text log", isCowrieText},
		{"a log of systemd or syslog as text", isSyslog},
		{"YAML", begins("---")},
		{"XML or HTML", begins("<")},
		{"CSV", func(l []byte, s *sniffed) bool {
			return len(s.names) == 0 && bytes.Count(l, []byte(",")) >= 3 && !bytes.HasPrefix(l, []byte("{"))
		}},
		{"a JSON object of another kind", func(_ []byte, s *sniffed) bool { return len(s.names) > 0 }},
		{"no text", func(l []byte, _ *sniffed) bool { return !utf8.Valid(l) || bytes.IndexByte(l, 0) >= 0 }},
	}
}

// isUTF16 reports a byte order mark, or text of which every second byte is
// zero.
func isUTF16(l []byte, _ *sniffed) bool {
	if bytes.HasPrefix(l, []byte("\xff\xfe")) || bytes.HasPrefix(l, []byte("\xfe\xff")) {
		return true
	}
	return len(l) >= 8 && 2*bytes.Count(l, []byte{0}) >= len(l)-1
}

// isCowrieText reports a line of cowrie.log: a time, and in brackets what
// Twisted was doing.
func isCowrieText(l []byte, _ *sniffed) bool {
	head, rest, ok := bytes.Cut(l, []byte(" ["))
	if _, at := normalTime(string(head)); !ok || at.IsZero() {
		return false
	}
	return bytes.Contains(rest, []byte("]"))
}

// isSyslog reports a line that begins with a month, a day and a time.
func isSyslog(l []byte, _ *sniffed) bool {
	months := "JanFebMarAprMayJunJulAugSepOctNovDec"
	return len(l) > 15 && l[3] == ' ' && l[9] == ':' && l[12] == ':' && strings.Index(months, string(l[:3]))%3 == 0
}

// diagnose says what of a file is known whose lines look like no format.
func diagnose(b *Batch) string {
	names, _ := Formats()
	text := "no known format: tried " + strings.Join(names, ", ")
	first := firstLines(b)
	if len(first) == 0 {
		return text
	}
	s := sniffLine(lines.NewTolerantJSON(), first[0])
	for _, alike := range lookAlikes() {
		if alike.is(first[0], &s) {
			return fmt.Sprintf("%s; the first line looks like %s", text, alike.name)
		}
	}
	return text
}
