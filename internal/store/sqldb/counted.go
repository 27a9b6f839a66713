package sqldb

import (
	"database/sql"

	"ttpctl/internal/event"
)

// CountedColumns are what Counted reads of a tag t. Of a database whose keys have no
// bound, the last is NULL.
const CountedColumns = `t.attacker_ip, t.source_kind, t.source_id, t.attacker_uuid, t.identity_uuid, t.session_id, t.decky_id, t.tactic, t.technique_id,
t.sub_technique_id, t.confidence, t.rule_id, t.rule_version, t.evidence, t.attack_release, t.observed_at, `

// Counted returns a function that reads rows of CountedColumns, each into the same
// tag: there may be a million.
func Counted(yield func(*event.Tag) error) func(rows *Rows) error {
	var t event.Tag
	var address, attacker, identity, session, decky, sub, observed, long sql.NullString
	var evidence string
	into := []any{
		&address, &t.SourceKind, &t.SourceID, &attacker, &identity, &session, &decky, &t.Tactic, &t.Technique,
		&sub, &t.Confidence, &t.RuleID, &t.RuleVersion, &evidence, &t.AttackRelease, &observed, &long,
	}
	return func(rows *Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		t.AttackerIP, t.AttackerUUID, t.IdentityUUID = address.String, attacker.String, identity.String
		t.SessionID = event.OptString{Value: session.String, Valid: session.Valid}
		t.DeckyID = event.OptString{Value: decky.String, Valid: decky.Valid}
		t.SubTechnique, t.ObservedAt = sub.String, observed.String
		t.Evidence = append(t.Evidence[:0], evidence...)
		if long.Valid {
			if err := restoreLong(&t, long.String); err != nil {
				return err
			}
		}
		return Yielded(yield(&t))
	}
}
