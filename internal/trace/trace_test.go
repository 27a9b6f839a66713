package trace

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A collector takes what is sent.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	spans  []otlpSpan
	header http.Header
}

func newCollector(t testing.TB) *collector {
	c := &collector{status: 200}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var o otlp
		if err == nil {
			err = json.Unmarshal(body, &o)
		}
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.header = r.Header
		for _, res := range o.ResourceSpans {
			for _, scope := range res.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
		w.WriteHeader(c.status)
	}))
	t.Cleanup(c.Close)
	return c
}

func TestSpans(t *testing.T) {
	c := newCollector(t)
	tr := New(Config{Endpoint: c.URL + "/v1/traces", Headers: http.Header{"X-Key": {"k"}}, Version: "v1"})
	root := tr.Start(Eval)
	root.Set(SourceKind, "command")
	child := root.Child(Lifter + "shell")
	grand := child.Child(Fire)
	grand.Set(RuleID, "R0012")
	grand.Set(TechniqueID, "T1059.004")
	grand.Set(RuleID, "R0013")
	grand.End()
	child.End()
	root.End()
	other := tr.Start(StateChange)
	other.End()
	tr.Close(t.Context())
	if len(c.spans) != 4 || c.header.Get("X-Key") != "k" {
		t.Fatalf("%d spans with %v", len(c.spans), c.header)
	}
	fire, lifter, eval, change := c.spans[0], c.spans[1], c.spans[2], c.spans[3]
	if fire.Parent != lifter.SpanID || lifter.Parent != eval.SpanID || eval.Parent != "" || fire.TraceID != eval.TraceID || change.TraceID == eval.TraceID {
		t.Errorf("spans hang together as %+v", c.spans)
	}
	if fire.Name != "ttp.rule.fire" || lifter.Name != "ttp.lifter.shell" || eval.Name != "ttp.eval" || change.Name != "ttp.rule.state.change" {
		t.Errorf("spans are called as in %+v", c.spans)
	}
	if got := fmt.Sprint(fire.Attributes); got != "[{rule_id {R0013}} {technique_id {T1059.004}}]" {
		t.Errorf("attributes %s", got)
	}
	for _, s := range c.spans {
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(s.TraceID) || !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(s.SpanID) || s.Start > s.End || len(s.Start) != 19 {
			t.Errorf("span %+v", s)
		}
	}
}

// Nothing that is no id gets into an attribute.
func TestNoSecrets(t *testing.T) {
	c := newCollector(t)
	tr := New(Config{Endpoint: c.URL})
	for _, text := range []string{"wget http://192.0.2.7/x", "hunter2!", "", strings.Repeat("a", 65), "R0012\n", "ß", "a b"} {
		s := tr.Start(Eval)
		s.Set(SourceKind, text)
		s.End()
	}
	tr.Close(t.Context())
	for _, s := range c.spans {
		if len(s.Attributes) != 0 {
			t.Errorf("attribute %v", s.Attributes)
		}
	}
}

// A collector that is gone, or refuses, is told of once, holds nobody up, and
// is sent to again.
func TestFailures(t *testing.T) {
	c := newCollector(t)
	c.status = 503
	var told []string
	var mu sync.Mutex
	tr := New(Config{Endpoint: strings.Replace(c.URL, "http://", "http://user:secret@", 1), Failed: func(err error) { mu.Lock(); defer mu.Unlock(); told = append(told, err.Error()) }})
	for range 3*batchSpans + 1 {
		s := tr.Start(Eval)
		s.End()
	}
	tr.Close(t.Context())
	if fmt.Sprint(told) != "[the collector answers 503]" {
		t.Errorf("told %q", told)
	}
	if n := tr.Dropped(); n != 3*batchSpans+1 {
		t.Errorf("%d spans dropped", n)
	}
	gone := New(Config{Endpoint: "http://user:secret@127.0.0.1:1/", Failed: func(err error) { told = append(told, err.Error()) }})
	s := gone.Start(Eval)
	s.End()
	gone.Close(t.Context())
	if last := told[len(told)-1]; !strings.Contains(last, "refused") || strings.Contains(last, "secret") {
		t.Errorf("told %q", last)
	}
}

// When nobody takes them, spans are dropped and counted.
func TestFull(t *testing.T) {
	tr := &Tracer{cfg: Config{Ratio: 1, Now: time.Now}, ended: make(chan Span, 2)}
	for range 5 {
		s := tr.Start(Eval)
		s.End()
	}
	if n := tr.Dropped(); n != 3 {
		t.Errorf("%d dropped, want 3", n)
	}
}

func TestFromEnv(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "off"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}, "http://c:4318/v1/traces map[]  0"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://t/x", "OTEL_EXPORTER_OTLP_HEADERS": "a=1%202, b = c", "OTEL_SERVICE_NAME": "s", "OTEL_TRACES_SAMPLER_ARG": "0.1"},
			"https://t/x map[A:[1 2] B:[c]] s 0.1"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no http URL"},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_SAMPLER_ARG": "2"}, "OTEL_TRACES_SAMPLER_ARG is not in (0, 1]"},
	} {
		cfg, on, err := FromEnv(func(name string) string { return tt.env[name] })
		got := "off"
		if on {
			got = fmt.Sprint(cfg.Endpoint, " ", map[string][]string(cfg.Headers), " ", cfg.Service, " ", cfg.Ratio)
		}
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("FromEnv(%v) = %q, want %q", tt.env, got, tt.want)
		}
	}
}

// spanOff is what a hot path does when tracing is off.
func spanOff(t *Tracer) {
	s := t.Start(Eval)
	if s.On() {
		s.Set(SourceKind, "command")
	}
	s.End()
}

// Off, a span costs no allocation.
func TestOffAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { spanOff(nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	var off *Tracer
	off.Close(context.Background())
}

func BenchmarkOff(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		spanOff(nil)
	}
}

func BenchmarkOn(b *testing.B) {
	c := newCollector(b)
	tr := New(Config{Endpoint: c.URL})
	defer tr.Close(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		spanOff(tr)
	}
}
