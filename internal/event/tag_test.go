package event

import (
	"math"
	"strconv"
	"testing"
)

// A confidence is written as strconv writes it.
func TestAppendDecimals(t *testing.T) {
	all := []float64{0, math.Copysign(0, -1), 1, 2, -0.5, 1e-5, 0.00005, 0.12345, 0.99999, math.Nextafter(0.3, 1), math.Nextafter(0.3, 0), 1e300, math.NaN(), math.Inf(1)}
	for n := range 10_001 {
		all = append(all, float64(n)/1e4, math.Round(float64(n)*0.7)/1e4)
	}
	for _, c := range all {
		if got, want := string(appendDecimals(nil, c)), strconv.FormatFloat(c, 'f', -1, 64); got != want {
			t.Errorf("appendDecimals(%v) = %s, want %s", c, got, want)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	full := Tag{
		UUID: UUID{0x9a, 0xa4, 0x91, 0xe5, 0xf0, 0x3b, 0x5d, 0x8f, 0x9e, 0xb5, 0x16, 0x1b, 0xec, 0xed, 0xcd, 0xd6}, AttackerIP: "203.0.113.9",
		SourceKind: "command", SourceID: "a\"b", AttackerUUID: "a", IdentityUUID: "i", SessionID: Some(""), DeckyID: Some("d"),
		Tactic: "TA0004", Technique: "T1548", SubTechnique: "T1548.001", Confidence: 0.95, RuleID: "R0015", RuleVersion: 12,
		Evidence: []byte(`{"matched":"x"}`), AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/T1548/001/", ObservedAt: "2026-11-22T00:00:00Z",
	}
	bare := Tag{SourceKind: "session", Evidence: []byte("{}")}
	tests := []struct {
		name, want string
		tag        Tag
	}{
		{"full", `{"uuid":"9aa491e5-f03b-5d8f-9eb5-161becedcdd6","attacker_ip":"203.0.113.9","source_kind":"command","source_id":"a\"b","attacker_uuid":"a","identity_uuid":"i",` +
			`"session_id":"","decky_id":"d","tactic":"TA0004","technique_id":"T1548","sub_technique_id":"T1548.001","confidence":0.95,"rule_id":"R0015","rule_version":12,` +
			`"evidence":{"matched":"x"},"attack_release":"enterprise-v19.1","mitre_url":"https://attack.mitre.org/techniques/T1548/001/","observed_at":"2026-11-22T00:00:00Z"}`, full},
		{"bare", `{"uuid":"00000000-0000-0000-0000-000000000000","source_kind":"session","source_id":"","attacker_uuid":null,"identity_uuid":null,"session_id":null,"decky_id":null,` +
			`"tactic":"","technique_id":"","sub_technique_id":null,"confidence":0,"rule_id":"","rule_version":0,"evidence":{},"attack_release":"","mitre_url":""}`, bare},
	}
	for _, tt := range tests {
		if got := string(tt.tag.AppendJSON(nil)); got != tt.want {
			t.Errorf("%s: AppendJSON = %s, want %s", tt.name, got, tt.want)
		}
	}
	room := make([]byte, 0, 1<<10)
	if n := testing.AllocsPerRun(100, func() { room = full.AppendJSON(room[:0]) }); n != 0 {
		t.Errorf("AppendJSON into a buffer with room allocates %v times, want never", n)
	}
}
