package rules_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/internal/rounds"
)

// An accessLine is what a web server logs of a request.
type accessLine struct{ url, agent, referer string }

// clients is how many versions of each User-Agent there are.
const clients = 99

// accessLines are n ordinary requests, of which hardly two are equal, and none is an
// attack.
func accessLines(n int) []accessLine {
	agents := []string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/128.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.%d.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/%d Safari/604.1",
		"Mozilla/5.0 (compatible; ExampleBot/2.%d; +http://www.example.org/bot.htm)",
		"curl/8.5.%d",
	}
	urls := []string{
		"/", "/assets/app.%x.css", "/search?q=blue+shoes+%d", "/product/%d?size=9&color=navy", "/api/v1/items?page=%d&per_page=20&sort=-created",
		"/blog/2026/09/how-we-moved-%d", "/wp-content/uploads/2026/08/photo-%d.jpg", "/category/garden-tools?page=%d&utm_source=newsletter&utm_medium=email", "/favicon.ico",
	}
	referers := []string{"", "https://example.com/", "http://h.test/search?q=garden+%d", "https://h.test/product/%d?size=9"}
	fill := func(format string, i int) string {
		for c := range len(format) {
			if format[c] == '%' {
				return fmt.Sprintf(format, i)
			}
		}
		return format
	}
	all := make([]accessLine, n)
	for i := range all {
		all[i] = accessLine{fill(urls[i%len(urls)], i), fill(agents[i%len(agents)], i%clients), fill(referers[i%len(referers)], i)}
	}
	return all
}

// set makes ev the request, as the reader of access logs does.
func (l *accessLine) set(ev *event.Event) {
	ev.Reset()
	ev.SourceID, ev.AttackerUUID = "s", "a"
	ev.SetKind("http_request")
	ev.SetField("method", event.StringValue("GET"))
	ev.SetField("raw_url", event.StringValue(l.url))
	ev.SetField("user_agent", event.StringValue(l.agent))
	if l.referer != "" {
		ev.SetField("referer", event.StringValue(l.referer))
	}
	ev.SetField("status", event.NumberValue(200))
}

// commandLines are n ordinary command lines, of which no two are equal.
func commandLines(n int) []string {
	formats := []string{
		"ls -la /home/u%d", "cd ~/src/p%d && git pull", "find . -name 'a%d*' -type f -print", "tail -n %d app.log | grep -c error", "echo build %d",
		"make -j4 target%d", "sort -u list%d.txt", "for f in *.p%d; do wc -l \"$f\"; done", "awk '{print $%d}' table.csv", "diff -u a%d.txt b.txt",
	}
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(formats[i%len(formats)], i)
	}
	return all
}

func setCommand(ev *event.Event, line string) {
	ev.Reset()
	ev.SourceID, ev.AttackerUUID = "s", "a"
	ev.SetKind("command")
	ev.SetField("command_text", event.StringValue(line))
	ev.SetField("pwd", event.StringValue("/root"))
}

// manyLines is more than a snapshot remembers.
const manyLines = 1 << 16

// BenchmarkAccessLine judges ordinary requests, decoded, with all rules: new ones,
// and the same ones again and again.
func BenchmarkAccessLine(b *testing.B) {
	lines := accessLines(manyLines)
	benchmarkJudging(b, func(ev *event.Event, i int) { lines[i].set(ev) })
}

// BenchmarkCommandLine is BenchmarkAccessLine for ordinary command lines.
func BenchmarkCommandLine(b *testing.B) {
	lines := commandLines(manyLines)
	benchmarkJudging(b, func(ev *event.Event, i int) { setCommand(ev, lines[i]) })
}

func benchmarkJudging(b *testing.B, set func(ev *event.Event, i int)) {
	snap := wholePack(b)
	for _, bm := range []struct {
		name string
		n    int
	}{{"new", manyLines}, {"known", 100}} {
		b.Run(bm.name, func(b *testing.B) {
			var ev event.Event
			var tags []event.Tag
			var seen []engine.Sighting
			sc, i := engine.NewScratch(), 0
			b.ReportAllocs()
			for b.Loop() {
				set(&ev, i%bm.n)
				tags = snap.Evaluate(tags[:0], &ev, reviewed, sc)
				seen = sc.TakeSightings(seen)
				i++
			}
		})
	}
}

// TestNewLinesCostNoMemory: judging allocates nothing for a line on which no rule
// holds and that never came before. Left out is what others allocate for: lines that
// need bash's whole grammar, and new texts with a blank or a dash, which libinjection
// reads.
func TestNewLinesCostNoMemory(t *testing.T) {
	const runs = 2000
	requests := slices.DeleteFunc(accessLines(4*runs), func(l accessLine) bool {
		return strings.Contains(l.url, "+") || l.url == "/" || l.url == "/favicon.ico"
	})
	commands := slices.DeleteFunc(commandLines(3*runs), func(line string) bool { return strings.HasPrefix(line, "for ") })
	for _, tt := range []struct {
		name string
		set  func(ev *event.Event, i int)
	}{
		{"request", func(ev *event.Event, i int) {
			requests[i].referer = "https://example.com/"
			requests[i].set(ev)
		}},
		{"command", func(ev *event.Event, i int) { setCommand(ev, commands[i]) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			snap, sc, ev, i := wholePack(t), engine.NewScratch(), event.Event{}, 0
			var tags []event.Tag
			var seen []engine.Sighting
			judge := func() {
				tt.set(&ev, i)
				tags = snap.Evaluate(tags[:0], &ev, reviewed, sc)
				seen = sc.TakeSightings(seen)
				i++
			}
			for range runs { // buffers grow, patterns are built
				judge()
			}
			if n := testing.AllocsPerRun(runs, judge); n != 0 {
				t.Errorf("%v allocations a line, want 0", n)
			}
			if len(tags) > 0 {
				t.Errorf("a tag of %s: this is no ordinary line", tags[0].RuleID)
			}
		})
	}
}

// TestIndexOnRequests is TestIndexOnPack for the rows of the corpus that are
// requests, and for ordinary ones.
func TestIndexOnRequests(t *testing.T) {
	t.Parallel()
	snap, tagged := wholePack(t), 0
	old, scanned := engine.NewScratch(), engine.NewScratch()
	check := func(ev *event.Event) {
		want := snap.Scan(nil, ev, reviewed, scanned)
		tagged += len(want)
		for range 3 { // the third time, the request is known
			if d := rounds.Diff(want, snap.Evaluate(nil, ev, reviewed, old)); d != "" {
				t.Fatalf("tags of %v differ (-scan +index):\n%s", ev, d)
			}
		}
		old.TakeSightings(nil)
		scanned.TakeSightings(nil)
	}
	for _, l := range accessLines(100) {
		var ev event.Event
		l.set(&ev)
		check(&ev)
	}
	for _, payload := range corpusRequests(t) {
		ev := event.Event{SourceID: "s", AttackerUUID: "a"}
		ev.SetKind("http_request")
		for name, v := range payload {
			ev.SetField(name, v)
		}
		check(&ev)
	}
	if tagged < 300 {
		t.Errorf("%d tags: this test saw too little", tagged)
	}
}

// corpusRequests returns the payloads of the corpus' requests.
func corpusRequests(t *testing.T) (all []map[string]event.Value) {
	f, err := os.Open("../testdata/corpus/seed_web.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var row struct {
			SourceKind string `json:"source_kind"`
			Payload    map[string]any
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.SourceKind == "http_request" {
			payload := map[string]event.Value{}
			for name, v := range row.Payload {
				payload[name] = jsonValue(v)
			}
			all = append(all, payload)
		}
	}
	return all
}

func jsonValue(v any) event.Value {
	switch v := v.(type) {
	case string:
		return event.StringValue(v)
	case float64:
		return event.NumberValue(v)
	case bool:
		return event.BoolValue(v)
	case []any:
		out := event.Value{Kind: event.List}
		for _, e := range v {
			out.List = append(out.List, jsonValue(e))
		}
		return out
	case map[string]any:
		out := event.Value{Kind: event.Object}
		for k, e := range v {
			out.Keys, out.List = append(out.Keys, k), append(out.List, jsonValue(e))
		}
		return out
	}
	return event.Value{}
}
