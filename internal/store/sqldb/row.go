package sqldb

import (
	"encoding/json"
	"time"

	"ttpctl/internal/event"
)

// A TagRow is a tag as a server stores it: its strings are escaped, nil is NULL.
type TagRow struct {
	UUID                                  string
	AttackerIP                            *string
	SourceKind, SourceID                  string // SourceID and the next three are keys
	AttackerUUID, IdentityUUID, SessionID *string
	DeckyID                               *string
	Tactic, Technique                     string
	SubTechnique                          *string
	Confidence                            float64
	RuleID                                string
	RuleVersion                           int
	Evidence, AttackRelease, MitreURL     string
	ObservedAt                            *string
	SeenAt                                int64 // when observed, else when stored
	CreatedAt                             int64
	LongIDs                               *string // JSON: by column, those that are longer than their keys
}

// TagColumns are the columns of a TagRow.
const TagColumns = `uuid, attacker_ip, source_kind, source_id, attacker_uuid, identity_uuid, session_id, decky_id, tactic, technique_id,
sub_technique_id, confidence, rule_id, rule_version, evidence, attack_release, mitre_url, observed_at, seen_at, created_at, long_ids`

// Values returns the values of the columns.
func (r *TagRow) Values() []any {
	return []any{
		r.UUID, r.AttackerIP, r.SourceKind, r.SourceID, r.AttackerUUID, r.IdentityUUID, r.SessionID, r.DeckyID, r.Tactic, r.Technique,
		r.SubTechnique, r.Confidence, r.RuleID, r.RuleVersion, r.Evidence, r.AttackRelease, r.MitreURL, r.ObservedAt, r.SeenAt, r.CreatedAt, r.LongIDs,
	}
}

// rowOf returns t as it is stored at the instant now.
func rowOf(t *event.Tag, now time.Time) TagRow {
	r := TagRow{
		UUID: t.UUID.String(), AttackerIP: orNil(t.AttackerIP), SourceKind: Escape(t.SourceKind), DeckyID: optional(t.DeckyID),
		Tactic: Escape(t.Tactic), Technique: Escape(t.Technique), SubTechnique: orNil(t.SubTechnique), Confidence: t.Confidence,
		RuleID: Escape(t.RuleID), RuleVersion: t.RuleVersion, Evidence: Escape(string(t.Evidence)),
		AttackRelease: Escape(t.AttackRelease), MitreURL: Escape(t.MitreURL), ObservedAt: orNil(t.ObservedAt),
		SeenAt: now.UnixMilli(), CreatedAt: now.UnixMilli(),
	}
	if at, err := time.Parse(time.RFC3339Nano, t.ObservedAt); err == nil {
		r.SeenAt = at.UnixMilli()
	}
	var long map[string][]byte
	key := func(column, id string) *string {
		k := Key(id)
		if k != id {
			if long == nil {
				long = map[string][]byte{}
			}
			long[column] = []byte(id)
		}
		k = Escape(k)
		return &k
	}
	r.SourceID = *key("source_id", t.SourceID)
	if t.AttackerUUID != "" {
		r.AttackerUUID = key("attacker_uuid", t.AttackerUUID)
	}
	if t.IdentityUUID != "" {
		r.IdentityUUID = key("identity_uuid", t.IdentityUUID)
	}
	if t.SessionID.Valid {
		r.SessionID = key("session_id", t.SessionID.Value)
	}
	if long != nil {
		text, _ := json.Marshal(long) // strings and bytes have a JSON form
		r.LongIDs = new(string(text))
	}
	return r
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return new(Escape(s))
}

func optional(s event.OptString) *string {
	if !s.Valid {
		return nil
	}
	return new(Escape(s.Value))
}

// restoreLong puts long ids back in the place of their keys.
func restoreLong(t *event.Tag, text string) error {
	var long map[string][]byte
	if err := json.Unmarshal([]byte(text), &long); err != nil {
		return err
	}
	for column, into := range map[string]*string{
		"source_id": &t.SourceID, "attacker_uuid": &t.AttackerUUID, "identity_uuid": &t.IdentityUUID, "session_id": &t.SessionID.Value,
	} {
		if id, ok := long[column]; ok {
			*into = string(id)
		}
	}
	return nil
}
