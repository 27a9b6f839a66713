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

// BelowFloor reports whether t is neither stored nor printed.
func (t *Tag) BelowFloor() bool { return t.Confidence < Floor }

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
	dst = t.appendTechnique(t.appendEvent(t.appendUUID(dst)))
	dst = appendDecimals(dst, t.Confidence)
	dst = append(t.appendRule(dst), t.Evidence...)
	return t.appendTime(t.appendCatalogue(dst))
}

func (t *Tag) appendUUID(dst []byte) []byte {
	dst, _ = t.UUID.AppendText(append(dst, `{"uuid":"`...))
	return append(dst, '"')
}

// appendEvent appends what the tag has of its event, but the time.
func (t *Tag) appendEvent(dst []byte) []byte {
	if t.AttackerIP != "" {
		dst = AppendQuoted(append(dst, `,"attacker_ip":`...), t.AttackerIP)
	}
	dst = AppendQuoted(append(dst, `,"source_kind":`...), t.SourceKind)
	dst = AppendQuoted(append(dst, `,"source_id":`...), t.SourceID)
	dst = appendNullable(append(dst, `,"attacker_uuid":`...), t.AttackerUUID, t.AttackerUUID != "")
	dst = appendNullable(append(dst, `,"identity_uuid":`...), t.IdentityUUID, t.IdentityUUID != "")
	dst = appendNullable(append(dst, `,"session_id":`...), t.SessionID.Value, t.SessionID.Valid)
	return appendNullable(append(dst, `,"decky_id":`...), t.DeckyID.Value, t.DeckyID.Valid)
}

func (t *Tag) appendTechnique(dst []byte) []byte {
	dst = AppendQuoted(append(dst, `,"tactic":`...), t.Tactic)
	dst = AppendQuoted(append(dst, `,"technique_id":`...), t.Technique)
	dst = appendNullable(append(dst, `,"sub_technique_id":`...), t.SubTechnique, t.SubTechnique != "")
	return append(dst, `,"confidence":`...)
}

func (t *Tag) appendRule(dst []byte) []byte {
	dst = AppendQuoted(append(dst, `,"rule_id":`...), t.RuleID)
	dst = strconv.AppendInt(append(dst, `,"rule_version":`...), int64(t.RuleVersion), 10)
	return append(dst, `,"evidence":`...)
}

func (t *Tag) appendCatalogue(dst []byte) []byte {
	dst = AppendQuoted(append(dst, `,"attack_release":`...), t.AttackRelease)
	return AppendQuoted(append(dst, `,"mitre_url":`...), t.MitreURL)
}

func (t *Tag) appendTime(dst []byte) []byte {
	if t.ObservedAt != "" {
		dst = AppendQuoted(append(dst, `,"observed_at":`...), t.ObservedAt)
	}
	return append(dst, '}')
}

func appendNullable(dst []byte, value string, valid bool) []byte {
	if !valid {
		return append(dst, "null"...)
	}
	return AppendQuoted(dst, value)
}

// appendDecimals appends c as strconv does in its shortest form. A number between
// 0 and 1 of at most four decimals, as a confidence is, is written without its help:
// no other decimal of so few digits is the same number.
func appendDecimals(dst []byte, c float64) []byte {
	n := int(c * 1e4)
	if float64(n)/1e4 != c {
		n++ // 0.2857*1e4 is a little less than 2857
	}
	if n <= 0 || n >= 1e4 || float64(n)/1e4 != c {
		return strconv.AppendFloat(dst, c, 'f', -1, 64)
	}
	digits := [4]byte{'0' + byte(n/1000), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)}
	last := len(digits)
	for digits[last-1] == '0' {
		last--
	}
	return append(append(dst, '0', '.'), digits[:last]...)
}
