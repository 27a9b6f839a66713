package ingest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// accessLine returns a line of the golden attacker at a second of an hour.
func accessLine(second int, request, tail string) string {
	at := time.Date(2026, 3, 18, 13, 0, second, 0, time.UTC).Format("02/Jan/2006:15:04:05 -0700")
	return fmt.Sprintf(`203.0.113.9 - - [%s] "%s" %s`, at, request, tail)
}

func TestAccessLines(t *testing.T) {
	const rest = `200 512 "-" "curl/8.5.0"`
	head := "attacker=" + goldenAttacker + " ts=2026-03-18T13:00:00Z"
	tests := []struct{ name, line, want string }{
		{"combined", accessLine(0, "GET /a?b=c HTTP/1.1", `200 512 "https://example.com/" "Mozilla/5.0 (X11)"`),
			`raw_url:"/a?b=c" method:"GET" user_agent:"Mozilla/5.0 (X11)" referer:"https://example.com/" status:200`},
		{"common, without referer and user agent", accessLine(0, "HEAD / HTTP/1.0", `404 -`), `raw_url:"/" method:"HEAD" status:404`},
		{"more fields behind", accessLine(0, "GET / HTTP/2.0", rest+` "198.51.100.1" 0.003`), `raw_url:"/" method:"GET" user_agent:"curl/8.5.0" status:200`},
		{"escaped by Apache", accessLine(0, `GET /\"x\\y HTTP/1.1`, `200 1 "a\"b" "\tt\x41\xZZ\q"`), `raw_url:"/\"x\\y" method:"GET" user_agent:"\ttA\\xZZ\\q" referer:"a\"b" status:200`},
		{"escaped by nginx", accessLine(0, `GET /?q=\x22\x5C\xC3\xA9 HTTP/1.1`, `200 1 "-" "\xFF"`), `raw_url:"/?q=\"\\é" method:"GET" user_agent:"` + "\ufffd" + `" status:200`},
		{"a backslash at the end", accessLine(0, `GET / HTTP/1.1`, `200 1 "-" "a\\"`), `raw_url:"/" method:"GET" user_agent:"a\\" status:200`},
		{"blanks in the URL", accessLine(0, "GET /a b HTTP/1.1", rest), `raw_url:"/a b" method:"GET" user_agent:"curl/8.5.0" status:200`},
		{"HTTP 0.9", accessLine(0, "GET /a", rest), `raw_url:"/a" method:"GET" user_agent:"curl/8.5.0" status:200`},
		{"TLS to a plain port", accessLine(0, `\x16\x03\x01\x02`, `400 157 "-" "-"`), `raw_url:"\x16\x03\x01\x02" status:400`},
		{"no request", accessLine(0, `-`, `408 0 "-" "-"`), `status:408`},
		{"an empty request", accessLine(0, ``, `400 0 "-" "-"`), `status:400`},
		{"a user agent cut off", accessLine(0, `GET / HTTP/1.1`, `200 1 "-" "cut`), `raw_url:"/" method:"GET" status:200`},
		{"a user who writes brackets", strings.Replace(accessLine(0, "GET / HTTP/1.1", rest), " - - ", ` - a [01/Jan/2020:00:00:00 +0000] b `, 1), `raw_url:"/" method:"GET" user_agent:"curl/8.5.0" status:200`},
		{"an IPv4-mapped address", "::ffff:" + accessLine(0, "GET / HTTP/1.1", rest), `raw_url:"/" method:"GET" user_agent:"curl/8.5.0" status:200`},
	}
	for _, tt := range tests {
		events, a := runText(t, Config{Format: "access"}, tt.line)
		id := accessID(tt.line, 0)
		want := []string{"http_request " + id + " " + head + ` session="web:` + id + `" ` + tt.want}
		if diff := cmp.Diff(want, ofKind(events, "http_request")); diff != "" {
			t.Errorf("%s: events of %s differ (-want +got):\n%s\nrejections: %v", tt.name, tt.line, diff, a.Rejections)
		}
	}
}

// accessID returns the source_id of a line before which k of its second were
// equal.
func accessID(l string, k int) string {
	sum := sha256.Sum256([]byte(l))
	return fmt.Sprintf("access:%x.%d", sum[:8], k)
}

// TestAccessIDs: a tail, a copy and a rotation give the ids of the whole log,
// however the stream is named and cut.
func TestAccessIDs(t *testing.T) {
	var log, want []string
	for i := range 300 {
		l := accessLine(i/3, "GET / HTTP/1.1", "200 1") // three equal lines a second
		log, want = append(log, l+"\n"), append(want, accessID(l, i%3))
	}
	ids := func(name string, state []byte, parts ...string) (got []string, left []byte) {
		for _, part := range parts {
			cfg := Config{Workers: 2, State: state, KeepOpen: true, WantState: func(*Batch) bool { return true }}
			_, err := Run(t.Context(), []Input{{Name: name, Reader: strings.NewReader(part)}}, cfg, func() Evaluator {
				return evaluatorFunc(func(*event.Event) {})
			}, func(b *Batch) error {
				state = bytes.Clone(b.State)
				for i := range b.events {
					if b.events[i].Kind == event.KindHTTPRequest {
						got = append(got, b.events[i].SourceID)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return got, state
	}
	whole, _ := ids("access.log", nil, strings.Join(log, ""))
	if diff := cmp.Diff(want, whole); diff != "" {
		t.Fatalf("ids differ (-want +got):\n%s", diff)
	}
	rotated, _ := ids("access.log", nil, strings.Join(log[:151], ""), strings.Join(log[151:], "")) // within a second
	tail, _ := ids("stdin", nil, strings.Join(log[30:], ""))
	copied, _ := ids("other.log.gz", nil, strings.Join(log, ""))
	for name, got := range map[string][]string{"a rotation": rotated, "a tail": append(slices.Clone(want[:30]), tail...), "a copy": copied} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s gives other ids (-want +got):\n%s", name, diff)
		}
	}
}

func TestAccessRejections(t *testing.T) {
	good := accessLine(0, "GET / HTTP/1.1", `200 1 "-" "-"`)
	tests := []struct{ line, reason string }{
		{"hello", "no access log line: no time in brackets before a quoted request"},
		{`203.0.113.9 - - "GET / HTTP/1.1" 200 1`, "no access log line: no time in brackets before a quoted request"},
		{strings.Replace(good, "203.0.113.9", "host.example", 1), "no anchor: the line does not begin with an IP address"},
		{strings.Replace(good, "Mar", "Mrz", 1), "no time that can be read in the brackets"},
		{strings.Replace(good, `/1.1" 200 1 "-" "-"`, "", 1), "the quoted request has no end"},
		{strings.Replace(good, " 200 ", " ok ", 1), "status or size is not a number"},
		{strings.Replace(good, " 1 ", " -1 ", 1), "status or size is not a number"},
		{strings.Replace(good, " 1 ", " 1e9 ", 1), "status or size is not a number"},
		{strings.Replace(good, " 1 ", " 2000000000000 ", 1), "status or size is not a number"},
	}
	for _, tt := range tests {
		_, a := runText(t, Config{Format: "access"}, tt.line)
		if diff := cmp.Diff([]Rejection{{"in", 1, tt.reason}}, a.Rejections); diff != "" {
			t.Errorf("%s: rejections differ (-want +got):\n%s", tt.line, diff)
		}
	}
}

// Ids are the log's name, the hash of its first line and the line's offset;
// visits are an aggregate. Both go over batches, endings, and rotated files.
func TestAccessIDsAndVisits(t *testing.T) {
	log := []string{
		accessLine(0, "GET /1 HTTP/1.1", "200 10"),
		strings.Repeat("x", 5000),
		"",
		accessLine(1799, "GET /2 HTTP/1.1", "200 5"),
		accessLine(3599, "GET /3 HTTP/1.1", "200 1"),
	}
	text := "\ufeff" + strings.Join(log, "\r\n")
	dir := writeTree(t, map[string]string{"access.log.1": text, "access.log": accessLine(3600, "GET /4 HTTP/1.1", "200 2")})
	t.Chdir(dir)
	inputs, _, err := Prepare(t.Context(), []Input{{Name: "access.log"}, {Name: "access.log.1"}}, Config{})
	if err != nil || inputs[0].Name != "access.log.1" {
		t.Fatalf("Prepare() = %v, %v, want access.log.1 first", inputs, err)
	}
	r := runAll(t, Config{MaxLine: 4096}, inputs...)
	var got []string
	for _, tag := range r.Tags {
		got = append(got, strings.Join(strings.Fields(tag)[:2], " "))
	}
	ids := []string{accessID(log[0], 0), accessID(log[3], 0), accessID(log[4], 0)}
	other := accessID(accessLine(3600, "GET /4 HTTP/1.1", "200 2"), 0)
	want := []string{"http_request " + ids[0], "http_request " + ids[1], "session web:" + ids[0], "http_request " + ids[2], "http_request " + other, "session web:" + ids[2]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
	if !strings.Contains(r.Tags[2], "http_requests:2 http_bytes_sent:15") || !strings.Contains(r.Tags[5], "http_requests:2 http_bytes_sent:3") {
		t.Errorf("sessions %q and %q, want 2 requests each, of 15 and of 3 bytes", r.Tags[2], r.Tags[5])
	}
	if r.Account.Direct != 4 || r.Account.Aggregated != 2 || r.Account.Rejected != 1 || r.Account.Blank != 1 {
		t.Errorf("account = %+v, want 4 direct, 2 aggregated, 1 rejected, 1 blank", r.Account)
	}
}

func TestAccessSample(t *testing.T) {
	want := map[string]int{"R0007": 6, "R0008": 3, "R0009": 3, "R0036": 4, "R0037": 1, "R0700": 1, "R0702": 4, "R0707": 3,
		"R0715": 3, "R0716": 1, "R0717": 1, "R0723": 4, "R0726": 1, "R0731": 1}
	snapshot := packSnapshot(t)
	got := make(map[string]int)
	a, err := Run(t.Context(), []Input{{Name: "../../testdata/logs/access.log"}}, Config{Fields: snapshot.Ruleset().Needs()},
		func() Evaluator { return &packEvaluator{snapshot, engine.NewScratch()} }, func(b *Batch) error {
			for i := range b.Tags {
				got[b.Tags[i].RuleID]++
			}
			return nil
		})
	if err != nil || a.Rejected > 0 || a.Formats.Count("access") != 1 {
		t.Fatalf("Run() = %+v, %v", a, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags by rule differ (-want +got):\n%s", diff)
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte(accessLine(0, `GET /?q=\x22 HTTP/1.1`, `200 1 "-" "\xFF\"`)))
	f.Add([]byte(accessLine(0, `\x16\x03`, `400 - "`) + "\n" + accessLine(1, "", "1 1")))
	f.Add([]byte(nginxJSON + "\n" + caddyJSON + "\n" + traefik))
	f.Add([]byte(`::1 - a [b [18/Mar/2026:13:28:51 +0000] "GET / HTTP/1.1" 200 5`))
	f.Fuzz(func(t *testing.T, data []byte) { checkIdentity(t, "access", data) })
}

func BenchmarkDecodeAccess(bm *testing.B) {
	l := accessLine(0, "GET /wp-login.php?redirect=%2Fadmin HTTP/1.1", `404 146 "https://example.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"`)
	b := filled(accessFormat(), slicesRepeat(l, 300)...)
	d, a := b.format.newDecoder(nil), newTestAssembler(b.format)
	bm.SetBytes(int64(len(l)))
	bm.ReportAllocs()
	for done := 0; done < bm.N; done += len(b.lines) {
		for i := range b.lines {
			b.lines[i].fate = pending
		}
		b.dropEvents(0)
		b.decode(d, false)
		b.assemble(a, false)
	}
}

// plainCut is cutQuoted byte by byte.
func plainCut(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[1:i], s[i+1:], true
		}
	}
	return "", s, false
}

func plainTime(text string) (at time.Time, ok bool) {
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", text)
	return at, err == nil
}

// FuzzAccessPieces holds what is fast about reading a line to what is plain.
func FuzzAccessPieces(f *testing.F) {
	for _, s := range []string{
		"", `"`, `""`, `"a`, `"a\`, `"a\"`, `"a\"b" c`, `"\\" "x"`, `"\\\" "x"`, `"a" "b\"`, `x"a"`,
		"14/Sep/2026:00:05:00 +0000", "14/Sep/2026:00:05:00 +0200", "14/Sep/2026:00:05:00 -0000", "31/Feb/2026:00:05:00 +0000", "29/Feb/2024:23:59:59 +0000", "01/jan/2026:00:05:00 +0000", "01/anF/2026:00:05:00 +0000",
		"14/Sep/2026:24:05:00 +0000", "14/Sep/2026:00:60:00 +0000", "14/Sep/2026:00:05:60 +0000", "14-Sep-2026:00:05:00 +0000", " 1/Sep/2026:00:05:00 +0000", "14/Sep/20x6:00:05:00 +0000", "14/Sep/2026 00:05:00 +0000", "14/Sep/2026:00.05.00 +0000",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, rest, ok := cutQuoted(s)
		if wantText, wantRest, want := plainCut(s); text != wantText || rest != wantRest || ok != want {
			t.Errorf("cutQuoted(%q) = %q, %q, %v, want %q, %q, %v", s, text, rest, ok, wantText, wantRest, want)
		}
		var c clock
		at, ts, ok := c.parse(s)
		want, wantOK := plainTime(s)
		if ok != wantOK || ok && (!at.Equal(want) || ts != want.Format(time.RFC3339)) {
			t.Errorf("time %q = %v, %s, %v, want %v, %v", s, at, ts, ok, want, wantOK)
		}
	})
}

// TestAccessWithoutTime: what one line says of its time is not another's.
func TestAccessWithoutTime(t *testing.T) {
	d := newAccessDecoder()
	good := accessLine(0, "GET / HTTP/1.1", `200 1 "-" "-"`)
	begin, rest, _ := strings.Cut(good, "[")
	_, rest, _ = strings.Cut(rest, "]")
	for _, l := range []string{begin + "[]" + rest, good, begin + "[]" + rest} {
		var rec accessRecord
		why := d.parse(&rec, []byte(l), l)
		if want := l == good; (why == "") != want {
			t.Errorf("%s: %q, want it read: %v", l, why, want)
		}
	}
}
