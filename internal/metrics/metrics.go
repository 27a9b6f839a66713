package metrics

import (
	"bytes"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
)

// Metrics are the counts of one process. They are safe for concurrent use.
type Metrics struct {
	set  *metrics.Set
	help map[string]string // by name

	lines    family
	events   family
	tags     family
	repeated *metrics.Counter
	latency  *metrics.PrometheusHistogram
	panics   family
	waiting  *metrics.Gauge
	lag      family
	decoded  family // over NATS, and the next
	poisoned family

	failures family
	lost     family

	reloads family
	reload  *metrics.Gauge

	requests family
	took     family

	sample atomic.Pointer[sampler]
	names  bounded
}

// A Build is what runs.
type Build struct {
	Version string
	Attack  string // the catalogue's release
}

// New returns metrics that stand at zero.
func New(b Build) *Metrics {
	metrics.ExposeMetadata(true)
	m := &Metrics{set: metrics.NewSet(), help: map[string]string{}}
	m.lines = m.family("lines_total", "Lines that were read, by what became of them.", "outcome")
	m.events = m.family("events_total", "Events, by source_kind and whether this build knows the kind.", "outcome", "source_kind")
	m.tags = m.family("tags_total", "Tags that were stored for the first time, by rule and most specific technique.", "rule_id", "technique_id")
	m.repeated = m.family("tags_repeated_total", "Tags that were stored before.").counter()
	m.latency = m.family("commit_latency_seconds", "From reading the oldest line of a commit to its being stored.").
		histogram([]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60})
	m.panics = m.family("rule_panics_total", "Rules that broke on an event and were skipped for it, once for each kind of event.", "rule_id")
	m.waiting = m.family("store_waiting", "1 while tags cannot be stored and the input waits.").gauge()
	m.lag = m.family("source_lag_seconds", "How old the last event of a source was when it was judged.", "source")
	m.decoded = m.family("nats_decoded_total", "Lines of messages that were read as events.", "source")
	m.poisoned = m.family("nats_poisoned_total", "Lines of messages that could not be read and became dead letters.", "source")
	m.failures = m.family("publish_failures_total", "Times that an output failed after it had worked.", "output")
	m.lost = m.family("outbox_lost_total", "Messages that were dropped before an output had passed them on.", "output")
	m.reloads = m.family("reloads_total", "Changes of rules and states that came in, by whether all of it could be taken.", "result")
	m.reload = m.family("reload_last_success_timestamp_seconds", "When the last change was taken.").gauge()
	m.requests = m.family("http_requests_total", "HTTP requests, by route, method and status.", "method", "route", "status")
	m.took = m.family("http_request_seconds", "Time to answer HTTP requests, by route.", "route")
	m.names.most = maxNames
	m.family("build_info", "Always 1; the labels say what runs.", "attack_release", "go", "version").gauge(b.Attack, runtime.Version(), b.Version).Set(1)
	return m
}

// maxScrapes is how many scrapes are answered at a time.
const maxScrapes = 4

// Handler answers scrapes, in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	slots := make(chan struct{}, maxScrapes)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			http.Error(w, "too many scrapes at a time", http.StatusServiceUnavailable)
			return
		}
		var text bytes.Buffer
		m.write(&text)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(text.Bytes()) // whoever asked is gone
	})
}

// Delivered counts the lines and events of an account that were judged since it
// was told of last.
func (m *Metrics) Delivered(a *ingest.Account) {
	for outcome, n := range map[string]int{
		"event": a.Direct, "absorbed": a.Absorbed, "ignored": a.Ignored, "blank": a.Blank, "rejected": a.Rejected,
	} {
		if n > 0 {
			m.lines.counter(outcome).Add(n)
		}
	}
	for k, n := range a.Kinds {
		if n == 0 {
			continue
		}
		kind, outcome := event.Kind(k), "judged"
		if kind == event.KindUnknown {
			outcome = "unhandled"
		}
		m.events.counter(outcome, kind.String()).Add(n)
	}
}

// Committed counts the tags of one commit: fresh are the indexes of those that
// were not stored before. latency is since the oldest of its lines was read; 0 =
// there was no line.
func (m *Metrics) Committed(tags []event.Tag, fresh []int, latency time.Duration) {
	for _, i := range fresh {
		m.tags.counter(tags[i].RuleID, tags[i].MostSpecific()).Inc()
	}
	m.repeated.Add(len(tags) - len(fresh))
	if latency > 0 {
		m.latency.Update(latency.Seconds())
	}
}

// Lagged says how old the last event of a source was when it was judged.
func (m *Metrics) Lagged(source string, age time.Duration) {
	m.lag.gauge(m.names.of(source)).Set(age.Seconds())
}

// Panicked counts a rule that broke on an event.
func (m *Metrics) Panicked(ruleID string) { m.panics.counter(ruleID).Inc() }

// StoreWaits says whether the input waits for the database.
func (m *Metrics) StoreWaits(waits bool) {
	if waits {
		m.waiting.Set(1)
	} else {
		m.waiting.Set(0)
	}
}

// PublishFailed counts an output that fails after it had worked.
func (m *Metrics) PublishFailed(output string) { m.failures.counter(m.names.of(output)).Inc() }

// Lost counts messages that an output never got.
func (m *Metrics) Lost(output string, n int64) {
	m.lost.counter(m.names.of(output)).AddInt64(n)
}

// Reloaded counts a change of rules or states, and whether all of it was taken.
func (m *Metrics) Reloaded(ok bool, at time.Time) {
	if !ok {
		m.reloads.counter("refused").Inc()
		return
	}
	m.reloads.counter("taken").Inc()
	m.reload.Set(float64(at.UnixMilli()) / 1000)
}

// Requested counts an HTTP request. route and method are "" for what is no route
// of ours.
func (m *Metrics) Requested(route, method string, status int, took time.Duration) {
	if route == "" {
		route, method = "none", "none"
	}
	m.requests.counter(method, route, strconv.Itoa(status)).Inc()
	m.took.histogram([]float64{.001, .005, .025, .1, .5, 1, 2.5, 10}, route).Update(took.Seconds())
}
