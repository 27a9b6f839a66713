package metrics

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ttpctl/internal/event"
	"ttpctl/internal/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scrape returns what a scrape is answered.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// canary stands for whatever a stranger sends.
const canary = "canary-7f3a"

// filled returns metrics that were told of everything.
func filled() *Metrics {
	m := New(Build{Version: "v1.2.3", Attack: "19.1"})
	a := &ingest.Account{Direct: 3, Absorbed: 4, Ignored: 5, Blank: 6, Rejected: 7}
	a.Kinds[event.KindCommand], a.Kinds[event.KindUnknown] = 2, 1
	a.Rejections = []ingest.Rejection{{File: canary, Reason: canary}}
	m.Delivered(a)
	tags := []event.Tag{
		{RuleID: "R0001", Technique: "T1110", SubTechnique: "T1110.001", SourceID: canary, AttackerUUID: canary, AttackerIP: canary, SourceKind: canary, Evidence: []byte(canary)},
		{RuleID: "R0002", Technique: "T1105"}, {RuleID: "R0002", Technique: "T1105"},
	}
	m.Committed(tags, []int{0, 2}, 30*time.Millisecond)
	m.Committed(nil, nil, 0)
	m.Panicked("R0003")
	m.StoreWaits(true)
	m.PublishFailed("webhook")
	m.Lost("webhook", 4)
	at := time.Unix(1_795_000_000, 500_000_000)
	m.Reloaded(true, at)
	m.Reloaded(false, at.Add(time.Hour))
	m.Requested("/v1/events", "POST", 202, 3*time.Millisecond)
	m.Requested("", canary, 404, time.Millisecond)
	m.Lagged("cowrie.json", 1500*time.Millisecond)
	m.Carried("nats:TTP_EVENTS/3", 6, 2)
	m.Sampled(func(context.Context) Sample {
		return Sample{
			SpoolBytes: 100, SpoolLines: 10, Outbox: []Messages{{"webhook", 3}, {"webhook", 4}, {"stdout", 0}},
			Published: []Messages{{"webhook", 9}}, Suppressed: map[string]int64{"R0001": 8},
			Rules: map[event.Mode]int{event.Enabled: 70, event.Clipped: 2}, RefusedFiles: 1, DeadLetters: 5,
			Fleet: &Fleet{Workers: 3, Held: 6, Ownerless: 1, Claims: map[string]int64{"taken": 7}},
			NATS: []NATS{
				{
					Server: "nats://a:4222", Connected: true, Reconnects: 2, Lost: 3, Published: 40, Acknowledged: 39, Duplicates: 5, Failed: 6, TooLarge: 7,
					Sources: []NATSSource{{"nats:TTP_EVENTS/3", 10, 1, 12}, {"nats:TTP_EVENTS/4", 11, 0, -1}},
				},
				{Server: "nats://a:4222", Published: 2}, {Server: "nats://b:4222"},
			},
		}
	})
	return m
}

func TestMetrics(t *testing.T) {
	text := scrape(t, filled())
	for _, want := range []string{
		`ttpctl_lines_total{outcome="event"} 3`, `ttpctl_lines_total{outcome="absorbed"} 4`, `ttpctl_lines_total{outcome="ignored"} 5`,
		`ttpctl_lines_total{outcome="blank"} 6`, `ttpctl_lines_total{outcome="rejected"} 7`,
		`ttpctl_events_total{outcome="judged",source_kind="command"} 2`, `ttpctl_events_total{outcome="unhandled",source_kind="unknown"} 1`,
		`ttpctl_tags_total{rule_id="R0001",technique_id="T1110.001"} 1`, `ttpctl_tags_total{rule_id="R0002",technique_id="T1105"} 1`,
		`ttpctl_tags_repeated_total 1`, `ttpctl_commit_latency_seconds_bucket{le="0.025"} 0`, `ttpctl_commit_latency_seconds_bucket{le="0.05"} 1`,
		`ttpctl_commit_latency_seconds_count 1`, `ttpctl_tags_suppressed_total{rule_id="R0001"} 8`,
		`ttpctl_rule_panics_total{rule_id="R0003"} 1`, `ttpctl_store_waiting 1`, `ttpctl_published_total{output="webhook"} 9`,
		`ttpctl_publish_failures_total{output="webhook"} 1`, `ttpctl_outbox_lost_total{output="webhook"} 4`,
		`ttpctl_reloads_total{result="taken"} 1`, `ttpctl_reloads_total{result="refused"} 1`, `ttpctl_reload_last_success_timestamp_seconds 1.7950000005e+09`,
		`ttpctl_http_requests_total{method="POST",route="/v1/events",status="202"} 1`, `ttpctl_http_requests_total{method="none",route="none",status="404"} 1`,
		`ttpctl_http_request_seconds_count{route="/v1/events"} 1`, `ttpctl_spool_bytes 100`, `ttpctl_spool_lines 10`,
		`ttpctl_outbox_messages{output="webhook"} 7`, `ttpctl_outbox_messages{output="stdout"} 0`, `ttpctl_source_lag_seconds{source="cowrie.json"} 1.5`,
		`ttpctl_rules{state="enabled"} 70`, `ttpctl_rules{state="disabled"} 0`, `ttpctl_rules{state="clipped"} 2`, `ttpctl_rule_files_refused 1`,
		`ttpctl_dead_letters 5`, `ttpctl_fleet_workers 3`, `ttpctl_fleet_claims 6`, `ttpctl_fleet_claims_ownerless 1`, `ttpctl_fleet_claims_total{event="taken"} 7`,
		`ttpctl_nats_connected{server="nats://a:4222"} 1`, `ttpctl_nats_connected{server="nats://b:4222"} 0`,
		`ttpctl_nats_reconnects_total{server="nats://a:4222"} 2`, `ttpctl_nats_lost_total{server="nats://a:4222"} 3`,
		`ttpctl_nats_published_total{server="nats://a:4222"} 42`, `ttpctl_nats_acknowledged_total{server="nats://a:4222"} 39`,
		`ttpctl_nats_duplicates_total{server="nats://a:4222"} 5`, `ttpctl_nats_publish_errors_total{server="nats://a:4222"} 6`,
		`ttpctl_nats_too_large_total{server="nats://a:4222"} 7`, `ttpctl_nats_read_total{source="nats:TTP_EVENTS/3"} 10`,
		`ttpctl_nats_repeats_total{source="nats:TTP_EVENTS/3"} 1`, `ttpctl_nats_lag_messages{source="nats:TTP_EVENTS/3"} 12`,
		`ttpctl_nats_read_total{source="nats:TTP_EVENTS/4"} 11`,
		`ttpctl_nats_decoded_total{source="nats:TTP_EVENTS/3"} 6`, `ttpctl_nats_poisoned_total{source="nats:TTP_EVENTS/3"} 2`,
		`attack_release="19.1"`, `version="v1.2.3"`, `go_goroutines`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	if unknown := `ttpctl_nats_lag_messages{source="nats:TTP_EVENTS/4"}`; strings.Contains(text, unknown) {
		t.Error("a lag is told that nobody knows")
	}
	if strings.Contains(text, canary) {
		t.Errorf("what a stranger sent is in the metrics:\n%s", text)
	}
}

func TestStoreResumed(t *testing.T) {
	m := filled()
	m.StoreWaits(false)
	if text := scrape(t, m); !strings.Contains(text, "ttpctl_store_waiting 0\n") {
		t.Error("the store still waits")
	}
}

// However many logs come, their names as labels are bounded.
func TestBoundedNames(t *testing.T) {
	m := New(Build{})
	for range 2 {
		for i := range 3 * maxNames {
			m.Lagged(fmt.Sprint("log-", i), time.Second)
		}
		if n := strings.Count(scrape(t, m), "\nttpctl_source_lag_seconds{"); n != maxNames+1 {
			t.Errorf("%d sources, want %d and the others", n, maxNames)
		}
	}
}

// A name may hold what an exposition gives a meaning to.
func TestLabelsAreEscaped(t *testing.T) {
	m := New(Build{})
	m.Lagged("a\"b\\c\nd\xff},x=\"y", time.Second)
	const want = `ttpctl_source_lag_seconds{source="a\"b\\c\nd\ufffd},x=\"y"} 1` + "\n"
	if text := scrape(t, m); !strings.Contains(text, strings.ReplaceAll(want, `\ufffd`, "\ufffd")) {
		t.Errorf("no %s in:\n%s", want, text)
	}
}

// TestExposition: each family says what it is, once, before its first value, and
// stands together.
func TestExposition(t *testing.T) {
	typed, last := map[string]bool{}, ""
	for line := range strings.Lines(scrape(t, filled())) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			last, _, _ = strings.Cut(rest, " ")
			if typed[last] {
				t.Errorf("%s has two types", last)
			}
			typed[last] = true
		}
		if help, ok := strings.CutPrefix(line, "# HELP "+prefix); ok && len(strings.Fields(help)) < 2 {
			t.Errorf("no help: %q", line)
		}
		if line[0] != '#' && !strings.HasPrefix(line, last) {
			t.Errorf("%q stands behind the type of %s", line, last)
		}
	}
	if len(typed) < 25 {
		t.Errorf("%d families", len(typed))
	}
}

// names returns the names of the metrics of a scrape, those of histograms with
// their endings.
func names(text string) (all []string) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), "{")
		name, _, _ = strings.Cut(name, " ")
		if name != "#" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// TestDashboard holds the queries of the Grafana dashboard, and the page that
// lists the metrics, to the metrics that there are.
func TestDashboard(t *testing.T) {
	have := names(scrape(t, filled()))
	text, err := os.ReadFile("../../docs/operating/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`\b(?:ttpctl|go|process)_[a-z_]+`)
	queries := 0
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			queries++
			used := name.FindAllString(target.Expr, -1)
			if len(used) == 0 {
				t.Errorf("panel %q asks for no metric: %s", p.Title, target.Expr)
			}
			for _, u := range used {
				if !slices.Contains(have, u) {
					t.Errorf("panel %q asks for %s, which is none of ours", p.Title, u)
				}
			}
		}
	}
	if queries < 10 {
		t.Errorf("%d queries in the dashboard", queries)
	}
	page, err := os.ReadFile("../../docs/operating/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range have {
		n = regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(n, "")
		if strings.HasPrefix(n, prefix) && !strings.Contains(string(page), "`"+n+"`") {
			t.Errorf("docs/operating/metrics.md does not describe %s", n)
		}
	}
	types := scrape(t, filled())
	for _, n := range regexp.MustCompile(`ttpctl_[a-z_]+`).FindAllString(string(page), -1) {
		if !strings.Contains(types, "\n# TYPE "+n+" ") {
			t.Errorf("docs/operating/metrics.md names %s, which is none of ours", n)
		}
	}
}
