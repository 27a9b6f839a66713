package lifters

import (
	"bufio"
	"compress/gzip"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ttpctl/internal/engine"
	"ttpctl/internal/event"
	"ttpctl/rules"
)

// bound are the rules that belong to lifters, and their predicates.
func bound() map[string]string {
	m := map[string]string{"R0030": "c2_fingerprint", "R0059": "ipv6_link_local_leak", "R0351": "credential_default_attempt"}
	for first, names := range map[int]string{
		1:  "credential_auth_brute_generic credential_password_guessing identity_password_spraying credential_reuse credential_valid_account_use credential_default_credentials",
		31: "behavioral_beaconing behavioral_data_destruction behavioral_ransom_note behavioral_exfil_over_web behavioral_db_mass_read behavioral_credentials_in_files behavioral_k8s_sa_token behavioral_docker_escape behavioral_llmnr_poisoning behavioral_tftp_router_config",
		41: "email_open_relay email_mass_phish email_xmailer_kit email_idn_url email_sender_masquerade email_malicious_attachment email_bec email_encoded_payload",
		49: "canary_webdriver canary_automation_hash canary_webrtc_leak canary_tz_lang_mismatch canary_platform_inconsistency",
		54: "intel_abuseipdb intel_greynoise intel_feodo intel_threatfox intel_aggregate_bump",
		60: "http_scanner_ja4h http_h2_h3_probe http_quic_probe",
	} {
		for i, name := range strings.Fields(names) {
			m[fmt.Sprintf("R%04d", first+i)] = name
		}
	}
	return m
}

// packSources returns the shipped files of the lifter-bound rules.
func packSources(t testing.TB) []engine.Source {
	t.Helper()
	var srcs []engine.Source
	for id := range bound() {
		srcs = append(srcs, engine.Source{Name: id + ".yaml", Data: rules.Text(id + ".yaml")})
	}
	return srcs
}

// TestLifterBoundRules pins which rules are lifters', and that none of them
// can fire from the pattern engine: a file that drifts into a regex fails.
func TestLifterBoundRules(t *testing.T) {
	rs, diags := engine.Compile(packSources(t), engine.Config{Catalogue: catalogue(), Programs: programs(), Builders: Builders(), Pack: true, Today: "2026-11-22"})
	for i := range diags {
		t.Error(diags[i].Error())
	}
	got := map[string]string{}
	for _, r := range rs.Rules() {
		got[r.ID] = strings.TrimPrefix(r.Lifter, prefix)
	}
	if diff := cmp.Diff(bound(), got); diff != "" {
		t.Errorf("lifter-bound rules (-want +got):\n%s", diff)
	}
	if rs, _ := engine.Compile(packSources(t), engine.Config{Catalogue: catalogue(), Programs: programs()}); len(rs.Rules()) != 0 {
		t.Errorf("without lifters %d of the rules compile, want none", len(rs.Rules()))
	}
}

// TestAggregateBump: R0058 stands in the catalogue and yields no tag.
func TestAggregateBump(t *testing.T) {
	rs, _ := engine.Compile(packSources(t), engine.Config{Catalogue: catalogue(), Programs: programs(), Builders: Builders(), Pack: true})
	if rs.Rule("R0058") == nil {
		t.Fatal("R0058 is not in the ruleset")
	}
	everything := payload{
		"verdict": "malicious", "aggregate_verdict": "malicious", "abuseipdb_score": 100, "abuseipdb_categories": []any{18},
		"greynoise_classification": "malicious", "feodo_listed": true, "threat_type": "botnet_cc",
	}
	tags := evaluate(t, engine.NewSnapshot(rs, nil, time.Time{}), eventOf(event.KindIntel, everything))
	if len(tags) == 0 {
		t.Error("Evaluate = no tags: the event proves nothing")
	}
	for _, tag := range tags {
		if tag.RuleID == "R0058" {
			t.Errorf("Evaluate = a tag of R0058: %+v", tag)
		}
	}
}

// TestHASSHOnRealSessions: what the catalogue takes for a framework must be
// rare among real clients.
func TestHASSHOnRealSessions(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/cowrie/*/*.gz")
	if len(files) == 0 {
		t.Skip("shared/data absent")
	}
	known := map[string]bool{}
	for _, n := range mustNamed(t, "hassh.tsv") {
		known[n.value] = true
	}
	sessions, hits, seen := map[string]bool{}, 0, 0
	for _, name := range files {
		eachLine(t, name, func(e cowrieLine) {
			sessions[e.Session] = true
			hassh := e.hassh()
			if hassh != "" {
				seen++
			}
			if known[hassh] {
				hits++
			}
		})
	}
	t.Logf("%d sessions, %d fingerprints, %d hits", len(sessions), seen, hits)
	if seen == 0 || float64(hits) >= 0.001*float64(len(sessions)) {
		t.Errorf("%d of %d fingerprints in %d sessions are in the catalogue, want under 0.1 %%", hits, seen, len(sessions))
	}
}

type cowrieLine struct {
	Session, HASSH                string
	KexAlgs, EncCS, MacCS, CompCS []string
}

// hassh is the line's fingerprint, computed as older logs leave it to.
func (e *cowrieLine) hassh() string {
	if e.HASSH != "" || len(e.KexAlgs) == 0 {
		return e.HASSH
	}
	join := func(s []string) string { return strings.Join(s, ",") }
	sum := md5.Sum([]byte(join(e.KexAlgs) + ";" + join(e.EncCS) + ";" + join(e.MacCS) + ";" + join(e.CompCS)))
	return hex.EncodeToString(sum[:])
}

func eachLine(t *testing.T, name string, do func(cowrieLine)) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e cowrieLine
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			do(e)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func mustNamed(t *testing.T, table string) []named {
	t.Helper()
	rows, err := readNamed(shipped, table)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
