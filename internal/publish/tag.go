package publish

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"ttpctl/internal/event"
)

// A tagBody is a tag as a message holds it (EVENTS.md section 2).
type tagBody struct {
	UUID          string          `json:"uuid"`
	AttackerIP    string          `json:"attacker_ip"`
	SourceKind    string          `json:"source_kind"`
	SourceID      string          `json:"source_id"`
	AttackerUUID  string          `json:"attacker_uuid"`
	IdentityUUID  string          `json:"identity_uuid"`
	SessionID     *string         `json:"session_id"`
	DeckyID       *string         `json:"decky_id"`
	Tactic        string          `json:"tactic"`
	Technique     string          `json:"technique_id"`
	SubTechnique  string          `json:"sub_technique_id"`
	Confidence    float64         `json:"confidence"`
	RuleID        string          `json:"rule_id"`
	RuleVersion   int             `json:"rule_version"`
	Evidence      json.RawMessage `json:"evidence"`
	AttackRelease string          `json:"attack_release"`
	MitreURL      string          `json:"mitre_url"`
	ObservedAt    string          `json:"observed_at"`
}

// parseTag returns the tag in the body of a message.
func parseTag(body []byte) (event.Tag, error) {
	var b tagBody
	if err := json.Unmarshal(body, &b); err != nil {
		return event.Tag{}, fmt.Errorf("tag in the outbox: %w", err)
	}
	t := event.Tag{
		AttackerIP: b.AttackerIP, SourceKind: b.SourceKind, SourceID: b.SourceID, AttackerUUID: b.AttackerUUID, IdentityUUID: b.IdentityUUID,
		SessionID: optional(b.SessionID), DeckyID: optional(b.DeckyID), Tactic: b.Tactic, Technique: b.Technique, SubTechnique: b.SubTechnique,
		Confidence: b.Confidence, RuleID: b.RuleID, RuleVersion: b.RuleVersion, Evidence: b.Evidence, AttackRelease: b.AttackRelease,
		MitreURL: b.MitreURL, ObservedAt: b.ObservedAt,
	}
	if n, err := hex.Decode(t.UUID[:], []byte(strings.ReplaceAll(b.UUID, "-", ""))); err != nil || n != len(t.UUID) {
		return event.Tag{}, fmt.Errorf("tag in the outbox: uuid %q is malformed", b.UUID)
	}
	return t, nil
}

func optional(s *string) event.OptString {
	if s == nil {
		return event.OptString{}
	}
	return event.Some(*s)
}
