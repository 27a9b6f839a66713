package event

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// TestTagWriter: however tags of rules and events come, and whichever share a place,
// each is written as by itself.
func TestTagWriter(t *testing.T) {
	var w TagWriter
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	var tags []Tag
	for range 50_000 {
		tag := Tag{
			UUID: UUID{byte(random.IntN(256))}, AttackerIP: pick("", "192.0.2.1"), SourceKind: "command", SourceID: pick("a", "b\x1b\"", "\xff"),
			AttackerUUID: pick("", "u"), IdentityUUID: pick("", "i"), SessionID: OptString{pick("", "s"), random.IntN(2) == 0}, DeckyID: OptString{pick("", "d"), random.IntN(2) == 0},
			Tactic: pick("TA0002", "TA0003"), Technique: fmt.Sprintf("T10%02d", random.IntN(20)), SubTechnique: pick("", "T1059.004", "T1059.006"),
			Confidence: float64(random.IntN(10_001)) / 10_000, RuleID: fmt.Sprintf("R%04d", random.IntN(40)), RuleVersion: 1 + random.IntN(2),
			Evidence: []byte(pick("{}", `{"a":1}`)), AttackRelease: pick("enterprise-v19.1", "<x>"), MitreURL: pick("https://attack.mitre.org/techniques/T1059", ""),
			ObservedAt: pick("", "2026-09-14T01:12:01Z"),
		}
		// Half of them come behind another tag of the same event.
		if n := len(tags); n > 0 && random.IntN(2) == 0 {
			of := &tags[n-1]
			tag.AttackerIP, tag.SourceKind, tag.SourceID, tag.AttackerUUID, tag.IdentityUUID = of.AttackerIP, of.SourceKind, of.SourceID, of.AttackerUUID, of.IdentityUUID
			tag.SessionID, tag.DeckyID, tag.ObservedAt = of.SessionID, of.DeckyID, of.ObservedAt
		}
		tags = append(tags, tag)
	}
	for rest := tags; len(rest) > 0; {
		batch := slices.Clone(rest[:min(1+random.IntN(20), len(rest))])
		rest = rest[len(batch):]
		var got, want []byte
		for left := batch; len(left) > 0; {
			got, left = w.AppendLines(got, left, len(got)+random.IntN(2_000))
		}
		for i := range batch {
			want = append(batch[i].AppendJSON(want), '\n')
		}
		if string(got) != string(want) {
			t.Fatalf("AppendLines(%+v) =\n%s\nwant\n%s", batch, got, want)
		}
	}
}

// lineOfTag are the members of a tag, as EVENTS.md, section 2, has them.
type lineOfTag struct {
	UUID       string         `json:"uuid"`
	AttackerIP string         `json:"attacker_ip,omitempty"`
	SourceKind string         `json:"source_kind"`
	SourceID   string         `json:"source_id"`
	Attacker   *string        `json:"attacker_uuid"`
	Identity   *string        `json:"identity_uuid"`
	Session    *string        `json:"session_id"`
	Decky      *string        `json:"decky_id"`
	Tactic     string         `json:"tactic"`
	Technique  string         `json:"technique_id"`
	Sub        *string        `json:"sub_technique_id"`
	Confidence float64        `json:"confidence"`
	Rule       string         `json:"rule_id"`
	Version    int            `json:"rule_version"`
	Evidence   jsontext.Value `json:"evidence"`
	Release    string         `json:"attack_release"`
	URL        string         `json:"mitre_url"`
	ObservedAt string         `json:"observed_at,omitempty"`
}

// libraryLine returns a tag as the JSON library writes it.
func libraryLine(t *testing.T, tag *Tag) string {
	t.Helper()
	given := func(s string, ok bool) *string {
		if !ok {
			return nil
		}
		return &s
	}
	text, err := json.Marshal(lineOfTag{
		tag.UUID.String(), tag.AttackerIP, tag.SourceKind, tag.SourceID, given(tag.AttackerUUID, tag.AttackerUUID != ""),
		given(tag.IdentityUUID, tag.IdentityUUID != ""), given(tag.SessionID.Value, tag.SessionID.Valid), given(tag.DeckyID.Value, tag.DeckyID.Valid),
		tag.Tactic, tag.Technique, given(tag.SubTechnique, tag.SubTechnique != ""), tag.Confidence, tag.RuleID, tag.RuleVersion,
		tag.Evidence, tag.AttackRelease, tag.MitreURL, tag.ObservedAt,
	}, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// Whatever strings an attacker gets into tags, each is written as the JSON library
// writes it, and so are those behind it that share its event or its rule.
func FuzzTagLines(f *testing.F) {
	f.Add("command", "s1#cmd0", "203.0.113.9", "s1", "R0015", "T1548", "T1548.001", "2026-11-22T00:00:00Z", uint16(9500), true)
	f.Add("", "", "", "", "", "", "", "", uint16(0), false)
	f.Add("\xff\"", "a\x00\\\u2028", "\xed\xa0\x80", "\x7f\n", "é\xc3", "<&>", "\t", "\ufffd", uint16(10_000), true)
	f.Fuzz(func(t *testing.T, kind, source, attacker, session, rule, technique, sub, at string, confidence uint16, valid bool) {
		quoted := AppendQuoted(nil, kind+source)
		tag := Tag{
			UUID: TagUUID(new([]byte), kind, source, rule, 1, technique, sub), AttackerIP: attacker, SourceKind: kind, SourceID: source,
			AttackerUUID: attacker, IdentityUUID: session, SessionID: OptString{session, valid}, DeckyID: OptString{source, !valid}, Tactic: sub,
			Technique: technique, SubTechnique: sub, Confidence: float64(confidence%10_001) / 1e4, RuleID: rule, RuleVersion: int(confidence),
			Evidence: []byte(`{"matched":` + string(quoted) + `}`), AttackRelease: rule, MitreURL: source, ObservedAt: at,
		}
		tags := []Tag{tag, tag, tag, tag}
		tags[1].RuleID, tags[1].UUID = technique, TagUUID(new([]byte), kind, source, technique, 1, rule, sub)
		tags[2].SourceID = session
		tags[3].Confidence = 0.5
		want := ""
		for i := range tags {
			want += libraryLine(t, &tags[i])
		}
		var w TagWriter
		if got, left := w.AppendLines(nil, tags, 1<<30); string(got) != want || len(left) > 0 {
			t.Errorf("AppendLines =\n%s\nwant\n%s", got, want)
		}
	})
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
	for _, n := range []int{1, 7} {
		b.Run(fmt.Sprintf("writer, %d of an event", n), func(b *testing.B) {
			tags := slices.Repeat([]Tag{tag}, n)
			for b.Loop() {
				buf, _ = w.AppendLines(buf[:0], tags, 1<<20)
			}
		})
	}
}
