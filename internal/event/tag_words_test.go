package event

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestTagWriter: however tags of rules come, and whichever share a place, each is
// written as by itself.
func TestTagWriter(t *testing.T) {
	var w TagWriter
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	for range 50_000 {
		tag := Tag{
			UUID: UUID{byte(random.IntN(256))}, AttackerIP: pick("", "192.0.2.1"), SourceKind: "command", SourceID: pick("a", "b\x1b\"", "\xff"),
			AttackerUUID: pick("", "u"), IdentityUUID: pick("", "i"), SessionID: OptString{pick("", "s"), random.IntN(2) == 0}, DeckyID: OptString{pick("", "d"), random.IntN(2) == 0},
			Tactic: pick("TA0002", "TA0003"), Technique: fmt.Sprintf("T10%02d", random.IntN(20)), SubTechnique: pick("", "T1059.004", "T1059.006"),
			Confidence: float64(random.IntN(10_001)) / 10_000, RuleID: fmt.Sprintf("R%04d", random.IntN(40)), RuleVersion: 1 + random.IntN(2),
			Evidence: []byte(pick("{}", `{"a":1}`)), AttackRelease: pick("enterprise-v19.1", "<x>"), MitreURL: pick("https://attack.mitre.org/techniques/T1059", ""),
			ObservedAt: pick("", "2026-09-14T01:12:01Z"),
		}
		if got, want := string(w.AppendJSON([]byte("x"), &tag)), string(tag.AppendJSON([]byte("x"))); got != want {
			t.Fatalf("AppendJSON(%+v) =\n%s\nwant\n%s", tag, got, want)
		}
	}
}

func BenchmarkTagWriter(b *testing.B) {
	tag := Tag{
		AttackerIP: "203.0.113.9", SourceKind: "command", SourceID: "s00000001#cmd1", AttackerUUID: "3a90f681-a007-5d06-8036-a9c1661decb1",
		SessionID: Some("s00000001"), DeckyID: Some("decoy-07"), Tactic: "TA0002", Technique: "T1059", SubTechnique: "T1059.004", Confidence: 0.65,
		RuleID: "R0109", RuleVersion: 1, Evidence: []byte(`{"command_text":"uname -a","matched":"uname","pwd":"/root","src":"203.0.113.9","uid":0,"user":"root"}`),
		AttackRelease: "enterprise-v19.1", MitreURL: "https://attack.mitre.org/techniques/T1059/004", ObservedAt: "2026-09-14T01:12:01.000001Z",
	}
	var w TagWriter
	var buf []byte
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			buf = tag.AppendJSON(buf[:0])
		}
	})
	b.Run("writer", func(b *testing.B) {
		for b.Loop() {
			buf = w.AppendJSON(buf[:0], &tag)
		}
	})
}
