package api

import (
	"context"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/event"
	"ttpctl/internal/store"
)

func TestRules(t *testing.T) {
	b := newBench(t, nil)
	b.do("GET", "/v1/rules", readerToken, "").want(t, 200,
		`"rules":[{"rule_id":"R0001","rule_version":3,"name":"fires_on_wget","description":"a rule of the tests","applies_to":["command"],"techniques":["T1105"],"state":{"state":"enabled","confidence_max":null,"expires_at":null,"reason":"","set_by":"","set_at":null}}]`)
	b.do("GET", "/v1/rules?state=enabled,clipped", readerToken, "").want(t, 200, `"R0001"`)
	b.do("GET", "/v1/rules?state=disabled", readerToken, "").want(t, 200, `"rules":[]`)
	b.do("GET", "/v1/rules?state=off", readerToken, "").want(t, 400, "enabled, disabled, clipped")
	b.do("GET", "/v1/rules?stat=off", readerToken, "").want(t, 400, "there are state")
}

// A state is set for the revision that was seen, and by whom the token says.
func TestStates(t *testing.T) {
	b := newBench(t, nil)
	const path = "/v1/rules/R0001/state"
	got := b.do("GET", path, readerToken, "")
	got.want(t, 200, `{"rule_id":"R0001","revision":0,"state":"enabled"`)
	if tag := got.Header.Get("ETag"); tag != `"0"` {
		t.Errorf("ETag %s, want revision 0", tag)
	}
	b.do("DELETE", path, adminToken, "").want(t, 200, `"revision":0,"state":"enabled"`)
	off := `{"state":"disabled","reason":"vendor scan","ttl":"4h"}`
	b.do("PUT", path, adminToken, off).want(t, 428, "If-Match")
	b.do("PUT", path, adminToken, off, "If-Match", `"1"`).want(t, 412, "meanwhile")
	b.do("PUT", path, adminToken, off, "If-Match", `W/"0"`).want(t, 400, "If-Match")
	got = b.do("PUT", path, adminToken, off, "If-Match", `"0"`)
	got.want(t, 200, `"revision":1,"state":"disabled","confidence_max":null,"expires_at":"2`)
	got.want(t, 200, `"reason":"vendor scan","set_by":"ana"`)
	b.do("PUT", path, adminToken, off, "If-Match", `"0"`).want(t, 412, "meanwhile")
	b.do("PUT", path, adminToken, `{"state":"clipped","confidence_max":0.5,"reason":"loud"}`, "If-Match", "*").want(t, 200, `"revision":2,"state":"clipped","confidence_max":0.5,"expires_at":null`)
	b.do("DELETE", path, adminToken, "", "If-Match", `"1"`).want(t, 412, "meanwhile")
	b.do("DELETE", path+"?reason=over", adminToken, "", "If-Match", `"2"`).want(t, 200, `"revision":3,"state":"enabled","confidence_max":null,"expires_at":null,"reason":"over"`)
	h, err := b.db.States().History(t.Context(), "R0001")
	if err != nil || len(h) != 3 || h[2].State.ExpiresAt.Sub(h[2].State.SetAt) < 4*time.Hour-time.Minute {
		t.Errorf("the history is %+v, %v", h, err)
	}
}

func TestStatesRefused(t *testing.T) {
	b := newBench(t, nil)
	const path = "/v1/rules/R0001/state"
	for body, want := range map[string]string{
		"":                                  "not the JSON object",
		"[]":                                "not the JSON object",
		`{"state":"off"}`:                   "enabled, disabled, clipped",
		`{"state":"disabled"}`:              "no reason",
		`{"state":"disabled","reason":" "}`: "no reason",
		`{"state":"disabled","reason":"r","extra":1}`:                       "not the JSON object",
		`{"state":"disabled","reason":"r"} {}`:                              "data after",
		`{"state":"disabled","reason":"r","confidence_max":0.5}`:            "goes with",
		`{"state":"clipped","reason":"r"}`:                                  "goes with",
		`{"state":"clipped","reason":"r","confidence_max":1.5}`:             "outside [0, 1]",
		`{"state":"disabled","reason":"r","ttl":"4h","until":"2126-01-01"}`: "one of them",
		`{"state":"disabled","reason":"r","ttl":"-4h"}`:                     "ttl is not",
		`{"state":"disabled","reason":"r","until":"2020-01-01"}`:            "past",
		`{"state":"disabled","reason":"r","until":"soon"}`:                  "no time",
		`{"state":"enabled","ttl":"4h"}`:                                    "enabled has no end",
	} {
		b.do("PUT", path, adminToken, body, "If-Match", "*").want(t, 400, want)
	}
	b.do("PUT", path, adminToken, `{"reason":"`+strings.Repeat("x", 70_000)+`"}`, "If-Match", "*").want(t, 413, "larger")
	off := `{"state":"disabled","reason":"r"}`
	b.do("PUT", "/v1/rules/R0002/state", adminToken, off, "If-Match", "*").want(t, 404, "did you mean R0001?")
	b.do("GET", "/v1/rules/R0002/state", readerToken, "").want(t, 404, "no rule in force")
	b.do("DELETE", "/v1/rules/R0002/state", adminToken, "", "If-Match", "*").want(t, 404, "no rule in force")
	b.do("PUT", "/v1/rules/nonsense/state?force=true", adminToken, off, "If-Match", "*").want(t, 404, "no rule id")
	b.do("PUT", "/v1/rules/R0002/state?force=true", adminToken, off, "If-Match", "*").want(t, 200, `"disabled"`)
	b.do("GET", "/v1/rules/R0002/state", readerToken, "").want(t, 200, `"disabled"`)
	if h, err := b.db.States().History(t.Context(), "R0001"); err != nil || len(h) != 0 {
		t.Errorf("what was refused is stored: %+v, %v", h, err)
	}
}

// A database that is locked asks to come again, without naming its file.
func TestStatesUnavailable(t *testing.T) {
	b := newBench(t, func(c *Config) { c.States = lockedStates{c.States} })
	got := b.do("GET", "/v1/rules/R0001/state", readerToken, "")
	got.want(t, 503, "cannot be used at the moment")
	if strings.Contains(got.body, "/secret/path") {
		t.Errorf("the answer names the file: %s", got.body)
	}
}

type lockedStates struct{ store.StateStore }

func (lockedStates) Last(ctx context.Context, _ string) (store.StateChange, error) {
	return store.StateChange{}, &store.Error{Path: "/secret/path", Op: "reading", Class: store.Locked, Kind: store.ErrLocked}
}

func TestTags(t *testing.T) {
	b := newBench(t, nil)
	var tags []event.Tag
	for i := range 5 {
		tags = append(tags, event.Tag{
			UUID: event.UUID{byte(i + 1)}, SourceKind: "command", SourceID: "e", AttackerUUID: "u", AttackerIP: "203.0.113.9",
			Tactic: "TA0011", Technique: "T1105", Confidence: 0.4 + float64(i)/10, RuleID: "R0001", RuleVersion: 3,
			Evidence: []byte(`{"matched":"wget"}`), AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/T1105",
			ObservedAt: "2026-11-22T10:00:00Z",
		})
	}
	if _, err := b.db.Tags().Insert(t.Context(), tags); err != nil {
		t.Fatal(err)
	}
	b.do("GET", "/v1/tags", readerToken, "").want(t, 200, `{"tags":[{"uuid":"05000000-`)
	seen, next := 0, ""
	for range 3 {
		got := b.do("GET", "/v1/tags?limit=2"+next, readerToken, "")
		seen += strings.Count(got.body, `"uuid"`)
		_, rest, _ := strings.Cut(got.body, `"next":"`)
		cursor, _, found := strings.Cut(rest, `"`)
		if next = "&cursor=" + cursor; found == (seen == 5) {
			t.Errorf("after %d tags: %s", seen, got.body)
		}
	}
	if seen != 5 {
		t.Errorf("%d tags in pages, want 5", seen)
	}
	for query, want := range map[string]int{
		"": 5, "min_confidence=0.65": 2, "technique=T1105": 5, "technique=T1110,T1059": 0, "tactic=command-and-control": 5, "tactic=TA0001": 0,
		"rule=R0001&rule=R0002": 5, "rule=R0002": 0, "attacker=203.0.113.9": 5, "attacker=u": 5, "attacker=v": 0, "session=s": 0,
		"since=2026-11-22": 5, "until=2026-11-22": 0, "identity=i": 0, "campaign=c": 0, "all_versions=true": 5,
	} {
		got := b.do("GET", "/v1/tags?"+query, readerToken, "")
		if n := strings.Count(got.body, `"uuid"`); n != want || got.StatusCode != 200 {
			t.Errorf("%s: %d tags with status %d, want %d", query, n, got.StatusCode, want)
		}
		techniques := b.do("GET", "/v1/techniques?"+query, readerToken, "")
		if n := strings.Count(techniques.body, `"technique_id"`); n != min(want, 1) || techniques.StatusCode != 200 {
			t.Errorf("%s: %d techniques: %s", query, n, techniques.body)
		}
	}
	for query, want := range map[string]string{
		"limit=0": "limit", "limit=1001": "limit", "limit=x": "limit", "cursor=-1": "cursor", "cursor=x": "cursor", "since=soon": "since is no time",
		"since=2026-11-22&until=2026-11-21": "not before", "min_confidence=2": "min_confidence", "min_confidence=NaN": "min_confidence", "technique=T9999": "technique",
		"tactic=none": "tactic", "all_versions=perhaps": "all_versions", "order=up": "there are limit, cursor",
	} {
		b.do("GET", "/v1/tags?"+query, readerToken, "").want(t, 400, want)
	}
	b.do("GET", "/v1/techniques", readerToken, "").want(t, 200, `{"tactic":"TA0011","technique_id":"T1105","sub_technique_id":null,"name":"Ingress Tool Transfer","hits":5,"tags":5,"rules":1,"confidence":0.8,"first_seen":"2026-11-22T10:00:00Z"`)
}
