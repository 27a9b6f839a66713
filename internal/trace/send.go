package trace

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Config says where spans go.
type Config struct {
	Endpoint string // URL that takes OTLP over HTTP
	Headers  http.Header
	Service  string  // service.name; "" = ttpctl
	Version  string  // of the program
	Ratio    float64 // of traces that are sent; 0 = all
	Now      func() time.Time
	// Failed is told when spans cannot be sent, once until they can; nil = nobody.
	Failed func(error)
}

// FromEnv returns the Config that the variables of OpenTelemetry name; on is
// false when they name no endpoint.
func FromEnv(getenv func(string) string) (cfg Config, on bool, err error) {
	cfg = Config{Endpoint: getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), Headers: http.Header{}, Service: getenv("OTEL_SERVICE_NAME")}
	if base := getenv("OTEL_EXPORTER_OTLP_ENDPOINT"); cfg.Endpoint == "" && base != "" {
		cfg.Endpoint = strings.TrimSuffix(base, "/") + "/v1/traces"
	}
	if cfg.Endpoint == "" {
		return cfg, false, nil
	}
	if u, err := url.Parse(cfg.Endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return cfg, false, errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is no http URL")
	}
	for _, pair := range strings.Split(getenv("OTEL_EXPORTER_OTLP_HEADERS"), ",") {
		name, value, _ := strings.Cut(pair, "=")
		if value, err := url.QueryUnescape(value); err == nil && strings.TrimSpace(name) != "" {
			cfg.Headers.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	if text := getenv("OTEL_TRACES_SAMPLER_ARG"); text != "" {
		if cfg.Ratio, err = strconv.ParseFloat(text, 64); err != nil || !(cfg.Ratio > 0 && cfg.Ratio <= 1) {
			return cfg, false, errors.New("OTEL_TRACES_SAMPLER_ARG is not in (0, 1]")
		}
	}
	return cfg, true, nil
}

// Bounds of what is sent.
const (
	queueSpans = 8192
	batchSpans = 512
	sendEvery  = time.Second
	sendWithin = 10 * time.Second
)

// New returns a Tracer that sends until Close.
func New(cfg Config) *Tracer {
	cfg.Service, cfg.Ratio = cmp.Or(cfg.Service, "ttpctl"), cmp.Or(cfg.Ratio, 1)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Failed == nil {
		cfg.Failed = func(error) {}
	}
	t := &Tracer{cfg: cfg, ended: make(chan Span, queueSpans), stop: make(chan struct{}), done: make(chan struct{})}
	go t.run()
	return t
}

// Close sends what has ended, for as long as ctx allows. No span of t ends any
// more. nil may be closed.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	close(t.stop)
	select {
	case <-t.done:
	case <-ctx.Done():
	}
}

func (t *Tracer) run() {
	defer close(t.done)
	client := &http.Client{Timeout: sendWithin, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	var batch []Span
	failed := false
	flush := func() {
		if len(batch) == 0 {
			return
		}
		err := t.send(client, batch)
		if err != nil {
			t.dropped.Add(int64(len(batch)))
			if !failed {
				t.cfg.Failed(err)
			}
		}
		failed, batch = err != nil, batch[:0]
	}
	for {
		select {
		case s := <-t.ended:
			if batch = append(batch, s); len(batch) == batchSpans {
				flush()
			}
		case <-tick.C:
			flush()
		case <-t.stop:
			for range len(t.ended) {
				batch = append(batch, <-t.ended)
			}
			flush()
			return
		}
	}
}

// send posts spans. The error does not name the endpoint, which may hold a
// password.
func (t *Tracer) send(client *http.Client, spans []Span) error {
	body, err := json.Marshal(t.payload(spans))
	if err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodPost, t.cfg.Endpoint, bytes.NewReader(body))
	if err != nil {
		return errors.New("the endpoint is no URL")
	}
	r.Header = t.cfg.Headers.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answers %d", resp.StatusCode)
	}
	return nil
}

// What OTLP in JSON is made of.
type (
	otlp struct {
		ResourceSpans []otlpResource `json:"resourceSpans"`
	}
	otlpResource struct {
		Resource   otlpAttributes `json:"resource"`
		ScopeSpans []otlpScope    `json:"scopeSpans"`
	}
	otlpAttributes struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScope struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpSpan struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		Parent     string          `json:"parentSpanId,omitempty"`
		Name       string          `json:"name"`
		Kind       int             `json:"kind"`
		Start      string          `json:"startTimeUnixNano"`
		End        string          `json:"endTimeUnixNano"`
		Attributes []otlpAttribute `json:"attributes,omitempty"`
	}
	otlpAttribute struct {
		Key   string `json:"key"`
		Value struct {
			String string `json:"stringValue"`
		} `json:"value"`
	}
)

// kindInternal is the kind of a span that is nobody's request.
const kindInternal = 1

func (t *Tracer) payload(spans []Span) otlp {
	scope := otlpScope{}
	scope.Scope.Name = "ttpctl"
	for i := range spans {
		scope.Spans = append(scope.Spans, spans[i].otlp())
	}
	resource := otlpAttributes{[]otlpAttribute{newAttribute("service.name", t.cfg.Service), newAttribute("service.version", t.cfg.Version)}}
	return otlp{[]otlpResource{{resource, []otlpScope{scope}}}}
}

func (s *Span) otlp() otlpSpan {
	o := otlpSpan{
		TraceID: fmt.Sprintf("%016x%016x", s.trace[0], s.trace[1]), SpanID: fmt.Sprintf("%016x", s.id), Name: string(s.name), Kind: kindInternal,
		Start: strconv.FormatInt(s.begin.UnixNano(), 10), End: strconv.FormatInt(s.end.UnixNano(), 10),
	}
	if s.parent != 0 {
		o.Parent = fmt.Sprintf("%016x", s.parent)
	}
	for _, a := range s.attributes {
		if a.key != "" {
			o.Attributes = append(o.Attributes, newAttribute(string(a.key), a.value))
		}
	}
	return o
}

func newAttribute(key, value string) (a otlpAttribute) {
	a.Key, a.Value.String = key, value
	return a
}
