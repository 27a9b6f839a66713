package api

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"ttpctl/internal/bus"
)

// TestStream: who may read follows what is published; a stream ends with the
// server, and there are only so many.
func TestStream(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Bus, c.Limits.Streams = &bus.Bus{}, 1 })
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+b.addr+"/v1/stream?subject=ttp.rule.*.R0001", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+readerToken)
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	in := bufio.NewScanner(res.Body)
	in.Scan() // connected: it has subscribed
	b.cfg.Bus.Publish("ttp.tagged", []byte(`{}`))
	b.cfg.Bus.Publish("ttp.rule.state.R0001", []byte(`{"rule_id":"R0001"}`))
	var got []string
	for len(got) < 2 && in.Scan() {
		if in.Text() != "" {
			got = append(got, in.Text())
		}
	}
	if want := "event: ttp.rule.state.R0001\ndata: {\"rule_id\":\"R0001\"}"; strings.Join(got, "\n") != want {
		t.Errorf("the stream says\n%s, want\n%s", strings.Join(got, "\n"), want)
	}
	if second, err := b.http.Do(req.Clone(t.Context())); err != nil || second.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a second stream: %v, %v, want 429", second, err)
	} else {
		second.Body.Close()
	}
}

// TestMessages: messages of a bus are events by their subject.
func TestMessages(t *testing.T) {
	b := newBench(t, nil)
	status, answer := post(t, b, "/v1/events?subject=attacker.session.ended", `{"session_id":"s1","attacker_uuid":"a","commands":["wget x"]}`+"\n"+`{"attacker_ip":"192.0.2.1"}`)
	if status != http.StatusAccepted || !strings.Contains(answer, `"accepted":1`) || !strings.Contains(answer, "none of source_id") {
		t.Errorf("status %d, %s, want one event and one that has no id", status, answer)
	}
	if status, answer := post(t, b, "/v1/events?subject=ttp.tagged", `{}`); status != http.StatusBadRequest {
		t.Errorf("a subject of our own: %d, %s, want 400", status, answer)
	}
}

func post(t *testing.T, b *bench, path, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+b.addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+ingestToken)
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text strings.Builder
	if _, err := bufio.NewReader(res.Body).WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text.String()
}
