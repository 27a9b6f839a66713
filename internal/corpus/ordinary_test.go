package corpus

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// TestOrdinaryRequests holds the rules to requests as applications get them
// every day: searches with quotes, code in forms, editors, query languages of
// APIs, file names, sign-in, uploads. Of the first 500, by which the rules were
// made, at most 3 may be taken for attacks. The others were written later, of other
// applications and to be mistaken: fields that take whole statements of SQL, a
// stack trace, searches for pieces of code and for names that are functions.
func TestOrdinaryRequests(t *testing.T) {
	snapshot, sc := shippedPack(t), engine.NewScratch()
	for _, tt := range []struct {
		file       string
		rows, most int
	}{
		{"ordinary_requests.jsonl", 500, 3},
		{"ordinary_more.jsonl", 379, 21},
	} {
		data, err := os.ReadFile("testdata/" + tt.file)
		if err != nil {
			t.Fatal(err)
		}
		rows, hit := map[string]bool{}, 0
		for line := range bytes.Lines(data) {
			tags := snapshot.Evaluate(nil, ordinaryRequest(t, line), time.Time{}, sc)
			rows[string(line)] = true
			if len(tags) == 0 {
				continue
			}
			hit++
			for _, tag := range tags {
				t.Logf("%s fires on %.200s: %s", tag.RuleID, line, tag.Evidence)
			}
		}
		if len(rows) != tt.rows || hit > tt.most {
			t.Errorf("%s: %d distinct requests, of which rules fire on %d, want %d and at most %d", tt.file, len(rows), hit, tt.rows, tt.most)
		}
	}
}

// ordinaryRequest returns the event of a row.
func ordinaryRequest(t *testing.T, line []byte) *event.Event {
	t.Helper()
	var row struct {
		Method  string            `json:"method"`
		URL     string            `json:"raw_url"`
		Body    string            `json:"body"`
		Headers map[string]string `json:"headers"`
	}
	if err := json.Unmarshal(line, &row); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	ev := &event.Event{SourceID: "ordinary", AttackerUUID: "somebody"}
	ev.SetKind(event.KindHTTPRequest.String())
	ev.SetField("method", event.StringValue(row.Method))
	ev.SetField("raw_url", event.StringValue(row.URL))
	if row.Body != "" {
		ev.SetField("body", event.StringValue(row.Body))
	}
	all := event.Value{Kind: event.Object}
	for name, value := range row.Headers {
		all.Keys, all.List = append(all.Keys, name), append(all.List, event.StringValue(value))
		if strings.EqualFold(name, "user-agent") {
			ev.SetField("user_agent", event.StringValue(value))
		}
	}
	ev.SetField("headers", all)
	return ev
}
