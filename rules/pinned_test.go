package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ttpctl/internal/engine"
)

// A pinned row is what other systems know of a rule: they store tags by these
// ids. The patterns, and the numbers of versions, are ours to change.
type pinned struct {
	id       string
	version  int    // at least; 0 = any
	kinds    string // applies_to
	lifter   string // predicate, "" = the pattern engine's
	params   string // name=value, or a name alone where the value is ours; joined by "; "
	emits    string // tactic, most specific technique, confidence; joined by "; "
	evidence string // evidence_fields, "" = the lifter's own
}

// pins are the tables of RULES.md.
var pins = []pinned{
	{id: "R0001", kinds: "auth_attempt", lifter: "credential_auth_brute_generic", params: "fail_threshold=5; window_minutes=5", emits: "TA0006 T1110 0.85", evidence: "fail_count service"},
	{id: "R0002", kinds: "auth_attempt", lifter: "credential_password_guessing", params: "pw_threshold=5; window_minutes=5", emits: "TA0006 T1110.001 0.85", evidence: "username password_count"},
	{id: "R0003", kinds: "identity", lifter: "identity_password_spraying", params: "account_threshold=3", emits: "TA0006 T1110.003 0.9", evidence: "shared_password_hash account_count"},
	{id: "R0004", version: 2, kinds: "credential", lifter: "credential_reuse", emits: "TA0006 T1110.004 0.9", evidence: "credential_hash reuse_count"},
	{id: "R0005", kinds: "auth_attempt", lifter: "credential_valid_account_use", params: "require_prior_brute=true", emits: "TA0001 T1078 0.7", evidence: "username service"},
	{id: "R0006", version: 2, kinds: "auth_attempt", lifter: "credential_default_credentials", params: "require_success=true; pairs=shipped", emits: "TA0001 T1078.001 0.9", evidence: "username service"},
	{id: "R0007", version: 2, kinds: "http_request", emits: "TA0043 T1595.002 0.9; TA0001 T1190 0.6", evidence: "user_agent raw_url"},
	{id: "R0008", kinds: "http_request", emits: "TA0001 T1190 0.95", evidence: "raw_url headers"},
	{id: "R0009", kinds: "http_request", emits: "TA0001 T1190 0.85", evidence: "raw_url"},
	{id: "R0010", version: 2, kinds: "command", emits: "TA0002 T1059.004 0.95", evidence: "command_text"},
	{id: "R0011", version: 2, kinds: "command", emits: "TA0002 T1059 0.7", evidence: "command_text"},
	{id: "R0012", version: 2, kinds: "command", emits: "TA0011 T1105 0.85", evidence: "command_text"},
	{id: "R0013", version: 2, kinds: "command", emits: "TA0007 T1087.001 0.85; TA0007 T1083 0.6", evidence: "command_text"},
	{id: "R0014", kinds: "command", emits: "TA0006 T1003.008 0.95", evidence: "command_text"},
	{id: "R0015", version: 2, kinds: "command", emits: "TA0007 T1083 0.85; TA0004 T1548.001 0.6", evidence: "command_text"},
	{id: "R0016", version: 2, kinds: "command", emits: "TA0007 T1083 0.65", evidence: "command_text"},
	{id: "R0017", version: 2, kinds: "command", emits: "TA0007 T1046 0.9; TA0043 T1595 0.9", evidence: "command_text"},
	{id: "R0018", kinds: "command", emits: "TA0007 T1082 0.7", evidence: "command_text"},
	{id: "R0019", kinds: "command", emits: "TA0007 T1033 0.7", evidence: "command_text"},
	{id: "R0020", kinds: "command", emits: "TA0007 T1016 0.75", evidence: "command_text"},
	{id: "R0021", version: 2, kinds: "command", emits: "TA0007 T1049 0.75", evidence: "command_text"},
	{id: "R0022", version: 2, kinds: "command", emits: "TA0007 T1087.002 0.9; TA0007 T1482 0.85", evidence: "command_text"},
	{id: "R0023", version: 2, kinds: "command", emits: "TA0007 T1135 0.9", evidence: "command_text"},
	{id: "R0024", kinds: "command", emits: "TA0003 T1136.001 0.95", evidence: "command_text"},
	{id: "R0025", kinds: "command", emits: "TA0003 T1053.003 0.9", evidence: "command_text"},
	{id: "R0026", kinds: "command", emits: "TA0003 T1098.004 0.9", evidence: "command_text"},
	{id: "R0027", kinds: "command", emits: "TA0003 T1505.003 0.9", evidence: "command_text"},
	{id: "R0028", kinds: "command", emits: "TA0005 T1070.003 0.9", evidence: "command_text"},
	{id: "R0029", kinds: "command", emits: "TA0004 T1548.003 0.75", evidence: "command_text"},
	{id: "R0030", kinds: "session", lifter: "c2_fingerprint", params: "catalogues=[jarm, hassh]", emits: "TA0011 T1071 0.85; TA0011 T1071.001 0.9", evidence: "jarm hassh matched_framework"},
	{id: "R0031", kinds: "session", lifter: "behavioral_beaconing", params: "max_jitter_pct=0.15; min_interval_s=10", emits: "TA0011 T1071 0.8; TA0010 T1029 0.85", evidence: "beacon_interval_s beacon_jitter_pct"},
	{id: "R0032", kinds: "session", lifter: "behavioral_data_destruction", params: "patterns", emits: "TA0040 T1485 0.95", evidence: "matched_op target"},
	{id: "R0033", kinds: "session email", lifter: "behavioral_ransom_note", params: "require_btc_or_xmr=true; payment_keywords=[bitcoin, btc, monero, ransom, decrypt]", emits: "TA0040 T1486 0.9", evidence: "btc_address matched_keywords"},
	{id: "R0034", kinds: "session", lifter: "behavioral_exfil_over_web", params: "min_payload_bytes=1048576; request_threshold=50", emits: "TA0010 T1567 0.85", evidence: "bytes_out request_count target_host"},
	{id: "R0035", kinds: "session", lifter: "behavioral_db_mass_read", params: "min_rows=10000; min_bytes=5242880", emits: "TA0009 T1213 0.85", evidence: "service rows_read bytes_read"},
	{id: "R0036", kinds: "session http_request", lifter: "behavioral_credentials_in_files", params: "paths", emits: "TA0006 T1552.001 0.9", evidence: "matched_path"},
	{id: "R0037", kinds: "session http_request", lifter: "behavioral_k8s_sa_token", params: "paths", emits: "TA0006 T1552.007 0.95", evidence: "matched_path namespace"},
	{id: "R0038", kinds: "session", lifter: "behavioral_docker_escape", params: "signals=[privileged:true, bind:/:/, bind:/etc, bind:/var/run/docker.sock]", emits: "TA0004 T1611 0.95", evidence: "matched_signal container_image"},
	{id: "R0039", kinds: "session", lifter: "behavioral_llmnr_poisoning", emits: "TA0009 T1557.001 0.9", evidence: "poisoned_query victim_host"},
	{id: "R0040", kinds: "session", lifter: "behavioral_tftp_router_config", params: "filename_patterns", emits: "TA0009 T1602.002 0.9", evidence: "tftp_filename source_host"},
	{id: "R0041", version: 2, kinds: "email", lifter: "email_open_relay", params: "rcpt_threshold=10; require_foreign_from=true", emits: "TA0040 T1496 0.85; TA0042 T1586.002 0.6"},
	{id: "R0042", kinds: "email", lifter: "email_mass_phish", params: "rcpt_threshold=25", emits: "TA0001 T1566 0.85"},
	{id: "R0043", kinds: "email", lifter: "email_xmailer_kit", params: "catalog=phishing_kits", emits: "TA0001 T1566 0.9; TA0042 T1588.001 0.85"},
	{id: "R0044", kinds: "email", lifter: "email_idn_url", params: "punycode_prefix=xn--", emits: "TA0005 T1036.005 0.9; TA0001 T1566.002 0.9"},
	{id: "R0045", kinds: "email", lifter: "email_sender_masquerade", params: "signals=[from_returnpath_mismatch, from_mailfrom_mismatch, dkim_fail, spf_fail]", emits: "TA0005 T1036 0.85"},
	{id: "R0046", kinds: "email", lifter: "email_malicious_attachment", params: "triggers=[office_macro, lnk, iso, img, protected_archive, html_smuggling, mal_hash_match]", emits: "TA0002 T1204.002 0.9; TA0001 T1566.001 0.9"},
	{id: "R0047", kinds: "email", lifter: "email_bec", params: "subject_keywords=[urgent, wire, invoice, payroll, gift card]; body_action_keywords=[send, transfer, update banking, confidential]", emits: "TA0001 T1566.003 0.85"},
	{id: "R0048", kinds: "email", lifter: "email_encoded_payload", params: "min_bytes=4096; encoding=base64", emits: "TA0011 T1071.003 0.85; TA0005 T1027 0.9"},
	{id: "R0049", version: 2, kinds: "canary_fingerprint", lifter: "canary_webdriver", emits: "TA0002 T1059 0.6"},
	{id: "R0050", kinds: "canary_fingerprint", lifter: "canary_automation_hash", params: "catalogues=[puppeteer, playwright, selenium, curl_impersonate]", emits: "TA0002 T1059 0.85; TA0042 T1588.002 0.85"},
	{id: "R0051", kinds: "canary_fingerprint", lifter: "canary_webrtc_leak", params: "require_geo_mismatch=true", emits: "TA0011 T1090 0.85"},
	{id: "R0052", kinds: "canary_fingerprint", lifter: "canary_tz_lang_mismatch", params: "min_zones=3", emits: "TA0011 T1090 0.7"},
	{id: "R0053", version: 2, kinds: "canary_fingerprint", lifter: "canary_platform_inconsistency", emits: "TA0005 T1036.012 0.8"},
	{id: "R0054", version: 2, kinds: "intel", lifter: "intel_abuseipdb", emits: "TA0006 T1110 0.7; TA0001 T1190 0.7; TA0001 T1566 0.7; TA0007 T1046 0.7; TA0001 T1078 0.6; TA0011 T1090 0.6; TA0040 T1496 0.6; TA0043 T1595 0.7"},
	{id: "R0055", version: 2, kinds: "intel", lifter: "intel_greynoise", emits: "TA0043 T1595.002 0.7; TA0011 T1071 0.7; TA0011 T1090 0.7; TA0006 T1110 0.7; TA0042 T1588 0.7"},
	{id: "R0056", kinds: "intel", lifter: "intel_feodo", emits: "TA0011 T1071.001 0.85; TA0042 T1588.001 0.85"},
	{id: "R0057", version: 2, kinds: "intel", lifter: "intel_threatfox", emits: "TA0011 T1071 0.8; TA0042 T1588.001 0.8; TA0011 T1105 0.75; TA0009 T1056 0.7"},
	{id: "R0058", kinds: "intel", lifter: "intel_aggregate_bump", params: "bump_amount=0.05", emits: "TA0042 T1588 0"},
	{id: "R0059", kinds: "ipv6_leak", lifter: "ipv6_link_local_leak", emits: "TA0011 T1090 0.85"},
	{id: "R0060", kinds: "http_fingerprint", lifter: "http_scanner_ja4h", emits: "TA0043 T1592.002 0.6"},
	{id: "R0061", kinds: "http_fingerprint", lifter: "http_h2_h3_probe", emits: "TA0007 T1046 0.6"},
	{id: "R0062", kinds: "http_fingerprint", lifter: "http_quic_probe", emits: "TA0007 T1046 0.6"},
	{id: "R0101", kinds: "command", emits: "TA0002 T1059.004 0.6", evidence: "command_text"},
	{id: "R0102", kinds: "command", emits: "TA0002 T1059.006 0.7", evidence: "command_text"},
	{id: "R0103", kinds: "command", emits: "TA0002 T1059.007 0.7", evidence: "command_text"},
	{id: "R0104", kinds: "command", emits: "TA0002 T1059.011 0.7", evidence: "command_text"},
	{id: "R0351", kinds: "auth_attempt", lifter: "credential_default_attempt", emits: "TA0006 T1110.001 0.7", evidence: "username service"},
	{id: "R0300", kinds: "command", emits: "TA0112 T1690 0.9", evidence: "command_text"},
	{id: "R0401", kinds: "command", emits: "TA0007 T1087.002 0.85", evidence: "command_text"},
	{id: "R0402", kinds: "command", emits: "TA0007 T1018 0.85", evidence: "command_text"},
	{id: "R0551", kinds: "command", emits: "TA0011 T1105 0.6", evidence: "command_text"},
}

// parsePack reads the pack's files, by rule_id.
func parsePack(t *testing.T) map[string]*engine.ParsedRule {
	t.Helper()
	pack := map[string]*engine.ParsedRule{}
	for _, src := range packFiles() {
		p, diags := engine.Parse(src)
		if len(diags) > 0 {
			t.Fatalf("%s: %v", src.Name, diags)
		}
		pack[p.ID.V] = p
	}
	return pack
}

// TestPinned holds every rule file to its row, and the rows to the files.
func TestPinned(t *testing.T) {
	t.Parallel()
	pack := parsePack(t)
	for _, want := range pins {
		p := pack[want.id]
		if p == nil {
			t.Errorf("%s is not in the pack", want.id)
			continue
		}
		delete(pack, want.id)
		want.check(t, p)
	}
	for id := range pack {
		if id < "R0100" {
			t.Errorf("%s is in the pack, and in no table of RULES.md", id)
		}
	}
}

func (want *pinned) check(t *testing.T, p *engine.ParsedRule) {
	t.Helper()
	lifter, params := lifterOf(p)
	for _, f := range []struct{ what, got, want string }{
		{"applies_to", joined(p.AppliesTo, " "), want.kinds},
		{"lifter", lifter, want.lifter},
		{"emits", emitted(p), want.emits},
		{"evidence_fields", joined(p.EvidenceFields, " "), want.evidence},
	} {
		if f.got != f.want {
			t.Errorf("%s: %s = %q, want %q", want.id, f.what, f.got, f.want)
		}
	}
	if p.Version.V < want.version {
		t.Errorf("%s: rule_version = %d, want at least %d", want.id, p.Version.V, want.version)
	}
	for param := range strings.SplitSeq(want.params, "; ") {
		if !slices.ContainsFunc(params, func(got string) bool { return got == param || strings.HasPrefix(got, param+"=") }) && param != "" {
			t.Errorf("%s: parameters %q, want %q among them", want.id, params, param)
		}
	}
}

func joined(list []engine.At[string], sep string) string {
	var words []string
	for _, a := range list {
		words = append(words, a.V)
	}
	return strings.Join(words, sep)
}

func emitted(p *engine.ParsedRule) string {
	var all []string
	for _, e := range p.Emits {
		id := e.Technique.V
		if e.SubTechnique.V != "" {
			id = e.SubTechnique.V
		}
		all = append(all, fmt.Sprintf("%s %s %v", e.Tactic.V, id, e.Confidence.V))
	}
	return strings.Join(all, "; ")
}

// lifterOf returns the predicate that owns the rule and its name=value
// parameters.
func lifterOf(p *engine.ParsedRule) (predicate string, params []string) {
	for i, key := range p.Match.Keys {
		value := written(p.Match.Items[i])
		if key.Value == "kind" {
			predicate = strings.TrimPrefix(value, "lifter:")
			continue
		}
		params = append(params, key.Value+"="+value)
	}
	if predicate == "" {
		return "", nil
	}
	return predicate, params
}

func written(n *engine.Node) string {
	if n.Kind == engine.Scalar {
		return n.Value
	}
	var items []string
	for _, it := range n.Items {
		items = append(items, written(it))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// TestChangesAreTold: tags of two versions of a rule may stand side by side in a
// database, and whoever reads them learns from the rule what the later changed.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	for id, p := range parsePack(t) {
		var told, want []int
		for _, c := range p.Changes {
			told = append(told, c.Version.V)
		}
		for v := 2; v <= p.Version.V; v++ {
			want = append(want, v)
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s is of version %d and tells the changes of %v, want %v", id, p.Version.V, told, want)
		}
	}
}
