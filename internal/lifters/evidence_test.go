package lifters

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
)

const canaryMark = "CANARY-"

// canaryValue fills a field of that type with the canary.
func canaryValue(f event.Field) any {
	mark := canaryMark + f.Name + " "
	switch f.Type {
	case event.TypeString, event.TypeScalar:
		return mark
	case event.TypeStrings, event.TypeEntries:
		return []any{mark}
	case event.TypeHeaders, event.TypeObject:
		return payload{mark: mark}
	}
	return nil
}

// earlier are the fields that are read before another: with a canary in them
// the other would not be.
var earlier = map[string][]string{
	"commands":  {"op_text", "command_text"},
	"note_text": {"body_text"},
	"path":      {"matched_path", "request_path"},
	"raw_url":   {"matched_path", "request_path", "path"},
	"from":      {"from_domain"},
	"mail_from": {"mail_from_domain"},
	"spf_pass":  {"spf_result"},
}

// hostilePayload has the canary in every field that the case does not need
// as it is.
func hostilePayload(c *predicateCase) payload {
	p := payload{}
	for _, id := range event.FieldsOf(c.kind) {
		p[id.Field().Name] = canaryValue(id.Field())
	}
	base := c.hostile
	if base == nil {
		base = c.fires
	}
	for name := range base {
		for _, f := range earlier[name] {
			delete(p, f)
		}
	}
	maps.Copy(p, base)
	return p
}

func TestNoCanaryInEvidence(t *testing.T) {
	for _, c := range predicateCases() {
		t.Run(c.name, func(t *testing.T) {
			p := hostilePayload(&c)
			tags := evaluate(t, c.compile(t), eventOf(c.kind, p))
			if len(tags) == 0 {
				t.Fatalf("Evaluate(%v) = no tags: the case proves nothing", p)
			}
			for _, leak := range leaks(string(tags[0].Evidence), c.shows) {
				t.Errorf("evidence %s holds %s", tags[0].Evidence, leak)
			}
		})
	}
}

// leaks returns the canaries in text that are not those of shown fields.
func leaks(text string, shown []string) []string {
	var found []string
	for _, part := range strings.Split(text, canaryMark)[1:] {
		name := part[:strings.IndexAny(part+" ", " \"")]
		if !slices.Contains(shown, name) {
			found = append(found, canaryMark+name)
		}
	}
	return found
}

// TestEvidenceKeys: no finding writes a key beyond its row, save behavioral
// rules the fields that they name.
func TestEvidenceKeys(t *testing.T) {
	want := map[string][]string{
		"canary_webdriver":               {"metric", "matched_signature"},
		"credential_default_credentials": {"username", "service"},
		"identity_password_spraying":     {"shared_password_hash", "account_count"},
		"intel_abuseipdb":                {"abuseipdb_categories", "abuse_confidence_score"},
		"ipv6_link_local_leak":           {"addr", "mac_oui", "iid_kind", "vector", "on_iface", "attacker_v4", "observed_at"},
		"http_quic_probe":                {"kind", "hash", "protocol", "client_ip", "seen_at", "raw"},
		"c2_fingerprint":                 {"jarm", "hassh", "matched_framework"},
		"email_bec": {"body_sha256", "matched_headers", "rcpt_domain_set", "attachment_sha256s", "rcpt_count",
			"matched_subject_kw", "matched_body_kw"},
	}
	for _, s := range Specs() {
		if w, ok := want[s.Name]; ok && !cmp.Equal(s.Evidence, w) {
			t.Errorf("evidence of %s: %s", s.Name, cmp.Diff(w, s.Evidence))
		}
	}
}

func TestForeignEvidenceFieldsAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, kinds, field string }{
		{"canary_webdriver", "canary_fingerprint", "ua_signature"},
		{"credential_reuse", "credential", ""},
		{"credential_auth_brute_generic", "auth_attempt", "username"},
		{"ipv6_link_local_leak", "ipv6_leak", "src_ip"},
		{"email_bec", "email", "dkim_result"},
		{"behavioral_ransom_note", "email", "decky_id"},
		{"behavioral_ransom_note", "session", ""},
		{"intel_feodo", "intel", "verdict"},
	} {
		params := map[string]string{
			"email_bec":              ", subject_keywords: [a], body_action_keywords: [b]",
			"behavioral_ransom_note": ", payment_keywords: [a]",
		}[tt.name]
		rest := ""
		if tt.field != "" {
			rest = "evidence_fields: [" + tt.field + "]\n"
		}
		diags := diagnose([]event.Kind{event.ParseKind(tt.kinds)}, fmt.Sprintf("{kind: %s%s%s}", prefix, tt.name, params), rest)
		refused := slices.ContainsFunc(diags, func(d engine.Diagnostic) bool { return d.Code == engine.CodeNoEvidence })
		if refused != (tt.field != "") {
			t.Errorf("%s on %s with evidence_fields [%s]: refused %v; %v", tt.name, tt.kinds, tt.field, refused, diags)
		}
	}
}

// TestOlderRulesLoad: a rule of another version may name evidence that its
// lifter does not show, and parameters that decide nothing; neither is shown
// nor an error.
func TestOlderRulesLoad(t *testing.T) {
	src := ruleFile("T0001", ruleText("T0001", []event.Kind{event.KindEmail},
		"{kind: lifter:email_mass_phish, rcpt_threshold: 25, body_simhash_window_h: 24}", "evidence_fields: [rcpt_count, dkim_result, no_such_field]\n"))
	rs, diags := engine.Compile([]engine.Source{src}, engine.Config{Catalogue: catalogue(), Programs: programs(), Builders: Builders()})
	var codes []engine.Code
	for _, d := range diags {
		codes = append(codes, d.Code)
	}
	slices.Sort(codes)
	if want := []engine.Code{engine.CodeNoEvidence, engine.CodeNoEvidence, engine.CodeIdleParam}; !slices.Equal(codes, want) || diags.HasErrors() {
		t.Fatalf("Compile: %v, want %v and no error", diags, want)
	}
	ev := eventOf(event.KindEmail, payload{"rcpt_count": 25, "body_simhash": "ab", "dkim_result": "fail"})
	tags := engine.NewSnapshot(rs, nil, time.Time{}).Evaluate(nil, ev, time.Time{}, engine.NewScratch())
	if len(tags) == 0 {
		t.Fatal("the rule did not fire")
	}
	for _, tag := range tags {
		if strings.Contains(string(tag.Evidence), "dkim") {
			t.Errorf("evidence %s shows what the lifter withholds", tag.Evidence)
		}
	}
}
