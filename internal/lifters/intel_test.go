package lifters

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

// packTags returns what one shipped rule makes of an event, as technique to
// confidence.
func packTags(t *testing.T, id string, kind event.Kind, p payload) map[string]float64 {
	t.Helper()
	for _, src := range packSources(t) {
		if !strings.HasPrefix(src.Name, id) {
			continue
		}
		got := map[string]float64{}
		tags := evaluate(t, compile(t, src), eventOf(kind, p))
		for i := range tags {
			got[tags[i].MostSpecific()] = tags[i].Confidence
		}
		return got
	}
	t.Fatalf("no rule %s", id)
	return nil
}

func TestIntelSelection(t *testing.T) {
	cats := func(score any, ns ...any) payload {
		return payload{"abuseipdb_score": score, "abuseipdb_categories": ns}
	}
	tag := func(v any) payload { return payload{"greynoise_tags": []any{v}} }
	for _, tt := range []struct {
		rule string
		p    payload
		want map[string]float64
	}{
		{"R0054", cats(100, 5), map[string]float64{"T1110": 0.7}},
		{"R0054", cats(100, 7), map[string]float64{"T1566": 0.7}},
		{"R0054", cats(50, 9, 13), map[string]float64{"T1090": 0.3}},
		{"R0054", cats(79, 11), map[string]float64{"T1496": 0.474}},
		{"R0054", cats(80, 11), map[string]float64{"T1496": 0.48, "T1566": 0.56}},
		{"R0054", cats(100, 14), map[string]float64{"T1046": 0.7, "T1595": 0.7}},
		{"R0054", cats(100, 15, 16, 21, 23), map[string]float64{"T1190": 0.7}},
		{"R0054", cats(100, 17, 18, 19, 20, 22), map[string]float64{"T1566": 0.7, "T1110": 0.7, "T1595": 0.7, "T1078": 0.6}},
		{"R0054", cats(100, 4, 10, 12, 3, 6, 8, 24, 18.5), map[string]float64{}},
		{"R0054", cats(30, 18), map[string]float64{}}, // 0.21 is under the floor
		{"R0054", cats(100.5, 18), map[string]float64{}},
		{"R0054", cats(-1, 18), map[string]float64{}},
		{"R0054", payload{"abuseipdb_score": 90, "categories": []any{18.0}}, map[string]float64{"T1110": 0.63}},
		{"R0054", payload{"abuseipdb_score": 90, "abuseipdb_categories": []any{}, "categories": []any{18}}, map[string]float64{"T1110": 0.63}},

		{"R0055", payload{"greynoise_classification": "scanner"}, map[string]float64{"T1595.002": 0.7}},
		{"R0055", payload{"greynoise_noise": true}, map[string]float64{"T1595.002": 0.7}},
		{"R0055", payload{"greynoise_noise": true, "greynoise_classification": "benign"}, map[string]float64{}},
		{"R0055", payload{"greynoise_riot": true, "greynoise_classification": "malicious"}, map[string]float64{}},
		{"R0055", payload{"greynoise_classification": "malicious"}, map[string]float64{"T1071": 0.35}},
		{"R0055", tag("Tor Exit Node"), map[string]float64{"T1090": 0.7}},
		{"R0055", tag("ssh-bruteforcer"), map[string]float64{"T1110": 0.7}},
		{"R0055", tag(payload{"slug": "web-crawler"}), map[string]float64{"T1595.002": 0.7}},
		{"R0055", tag(payload{"slug": "x", "name": "HAVOC"}), map[string]float64{"T1071": 0.7, "T1588": 0.7}},
		{"R0055", tag("cobalt_strike").with("greynoise_classification", "malicious"), map[string]float64{"T1071": 0.7, "T1588": 0.7}},
		{"R0055", tag("tor_exit_node").with("greynoise_classification", "malicious"), map[string]float64{"T1090": 0.7, "T1071": 0.35}},
		{"R0055", tag("metasploit").with("greynoise_riot", true), map[string]float64{}},
		{"R0055", tag("slivers"), map[string]float64{}},
		{"R0055", tag("slive"), map[string]float64{}},

		{"R0056", payload{"feodo_listed": true}, map[string]float64{"T1071.001": 0.85, "T1588.001": 0.85}},
		{"R0057", payload{"threatfox_threat_types": []any{"botnet_cc"}}, map[string]float64{"T1071": 0.8, "T1588.001": 0.8}},
		{"R0057", payload{"threatfox_threat_types": []any{"payload_delivery"}}, map[string]float64{"T1105": 0.75, "T1588.001": 0.8}},
		{"R0057", payload{"threat_type": "payload"}, map[string]float64{"T1588.001": 0.8}},
		{"R0057", payload{"threat_type": "cc_skimming"}, map[string]float64{"T1056": 0.7}},
		{"R0057", payload{"threatfox_ioc_types": []any{"botnet_cc"}}, map[string]float64{}},
	} {
		if got := packTags(t, tt.rule, event.KindIntel, tt.p); !maps.Equal(got, tt.want) {
			t.Errorf("%s on %v = %v, want %v", tt.rule, tt.p, got, tt.want)
		}
	}
}

// Each tag names the categories that selected its own technique, no others.
func TestAbuseCategoriesAreTheTagsOwn(t *testing.T) {
	p := payload{"abuseipdb_score": 100, "abuseipdb_categories": []any{22, 18, 21, 99, 18}}
	want := map[string]string{"T1110": `{"abuse_confidence_score":100,"abuseipdb_categories":[18,22]}`,
		"T1190": `{"abuse_confidence_score":100,"abuseipdb_categories":[21]}`}
	for _, src := range packSources(t) {
		if !strings.HasPrefix(src.Name, "R0054") {
			continue
		}
		tags := evaluate(t, compile(t, src), eventOf(event.KindIntel, p))
		if len(tags) != len(want) {
			t.Fatalf("%d tags, want %d", len(tags), len(want))
		}
		for i := range tags {
			if got := string(tags[i].Evidence); got != want[tags[i].Technique] {
				t.Errorf("evidence of %s = %s, want %s", tags[i].Technique, got, want[tags[i].Technique])
			}
		}
	}
}

// TestC2Selection: JARM selects both emits; HASSH, for want of a shipped
// value from a table of the test's own, only the general technique.
func TestC2Selection(t *testing.T) {
	files := overlay{"data/hassh.tsv": "value\tname\tlast_reviewed\treference\naabb\tTestC2\t2026-11-22\thttps://example.org\n"}
	src := ruleFile("T0001", ruleText("T0001", []event.Kind{event.KindSession}, "{kind: lifter:c2_fingerprint, catalogues: [jarm, hassh]}", ""))
	rs, diags := engine.Compile([]engine.Source{src}, engine.Config{Builders: builders(files), Catalogue: catalogue(), Programs: programs()})
	if len(diags) != 0 {
		t.Fatalf("Compile: %v", diags)
	}
	s := engine.NewSnapshot(rs, nil, time.Time{})
	for _, tt := range []struct {
		p    payload
		want string
	}{
		{payload{"jarm": asyncrat}, `[T1071 T1071.001] {"jarm":"` + asyncrat + `","matched_framework":"AsyncRAT"}`},
		{payload{"hassh": "AABB"}, `[T1071] {"hassh":"AABB","matched_framework":"TestC2"}`},
		{payload{"hassh": "aabb", "jarm": "00"}, `[T1071] {"hassh":"aabb","matched_framework":"TestC2"}`},
		{payload{"hassh": "aabb", "jarm": asyncrat},
			`[T1071 T1071.001] {"hassh":"aabb","jarm":"` + asyncrat + `","matched_framework":"AsyncRAT, TestC2"}`},
		{payload{"hassh": "aabc", "jarm": ""}, "[]"},
	} {
		var ids []string
		tags := evaluate(t, s, eventOf(event.KindSession, tt.p))
		evidence := ""
		for i := range tags {
			ids, evidence = append(ids, tags[i].MostSpecific()), " "+string(tags[i].Evidence)
		}
		if got := fmt.Sprint(ids) + evidence; got != tt.want {
			t.Errorf("c2_fingerprint on %v = %s, want %s", tt.p, got, tt.want)
		}
	}
}

// TestSprayingIsTheIdentitys: its tags name no attacker, and without an
// identity there are none.
func TestSprayingIsTheIdentitys(t *testing.T) {
	s := compileOne(t, []event.Kind{event.KindIdentity}, "kind: lifter:identity_password_spraying", "")
	ev := eventOf(event.KindIdentity, payload{"shared_password_hash": "h", "account_count": 3})
	tags := evaluate(t, s, ev)
	if len(tags) == 0 || slices.ContainsFunc(tags, func(t event.Tag) bool { return t.AttackerUUID != "" || t.IdentityUUID == "" }) {
		t.Errorf("Evaluate = %+v, want tags of the identity alone", tags)
	}
	ev.IdentityUUID = ""
	if tags := evaluate(t, s, ev); len(tags) != 0 {
		t.Errorf("Evaluate without identity_uuid = %d tags, want none", len(tags))
	}
}
