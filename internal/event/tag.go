package event

import "strconv"

// Floor is the confidence, after rounding, below which a tag is neither
// persisted nor printed.
const Floor = 0.3

// A Tag says that one event shows one technique, by one rule (EVENTS.md
// section 2).
type Tag struct {
	UUID         UUID
	AttackerIP   string // canonical text, "" = absent; what an analyst blocks, never part of the UUID
	SourceKind   string
	SourceID     string
	AttackerUUID string // "" = null
	IdentityUUID string // "" = null
	SessionID    OptString
	DeckyID      OptString

	Tactic        string
	Technique     string  // always the parent
	SubTechnique  string  // "" = null
	Confidence    float64 // in [Floor, 1], rounded to 4 decimals
	RuleID        string
	RuleVersion   int
	Evidence      []byte // a JSON object, keys sorted; shared between the tags of one hit
	AttackRelease string
	MitreURL      string
	ObservedAt    string // RFC 3339, "" = absent
}

// MostSpecific returns the sub-technique's id, else the technique's.
func (t *Tag) MostSpecific() string {
	if t.SubTechnique != "" {
		return t.SubTechnique
	}
	return t.Technique
}

// AppendJSON appends the tag as one JSON object without a newline, its
// members in the order of EVENTS.md section 2.
func (t *Tag) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"uuid":"`...)
	dst, _ = t.UUID.AppendText(dst)
	dst = append(dst, '"')
	if t.AttackerIP != "" {
		dst = appendNullable(dst, "attacker_ip", t.AttackerIP, true)
	}
	dst = append(dst, `,"source_kind":`...)
	dst = AppendQuoted(dst, t.SourceKind)
	dst = append(dst, `,"source_id":`...)
	dst = AppendQuoted(dst, t.SourceID)
	dst = appendNullable(dst, "attacker_uuid", t.AttackerUUID, t.AttackerUUID != "")
	dst = appendNullable(dst, "identity_uuid", t.IdentityUUID, t.IdentityUUID != "")
	dst = appendNullable(dst, "session_id", t.SessionID.Value, t.SessionID.Valid)
	dst = appendNullable(dst, "decky_id", t.DeckyID.Value, t.DeckyID.Valid)
	dst = appendNullable(dst, "tactic", t.Tactic, true)
	dst = appendNullable(dst, "technique_id", t.Technique, true)
	dst = appendNullable(dst, "sub_technique_id", t.SubTechnique, t.SubTechnique != "")
	dst = append(dst, `,"confidence":`...)
	dst = strconv.AppendFloat(dst, t.Confidence, 'f', -1, 64)
	dst = appendNullable(dst, "rule_id", t.RuleID, true)
	dst = append(dst, `,"rule_version":`...)
	dst = strconv.AppendInt(dst, int64(t.RuleVersion), 10)
	dst = append(dst, `,"evidence":`...)
	dst = append(dst, t.Evidence...)
	dst = appendNullable(dst, "attack_release", t.AttackRelease, true)
	dst = appendNullable(dst, "mitre_url", t.MitreURL, true)
	if t.ObservedAt != "" {
		dst = appendNullable(dst, "observed_at", t.ObservedAt, true)
	}
	return append(dst, '}')
}

func appendNullable(dst []byte, name, value string, valid bool) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	if !valid {
		return append(dst, "null"...)
	}
	return AppendQuoted(dst, value)
}
