package sqldb

// The SQL of definitions and states.
const (
	ruleColumns = `rule_id, rule_version, source_path, yaml_content, updated_at, updated_by`

	sqlPutRule = `INSERT INTO ttp_rule (` + ruleColumns + `) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (rule_id) DO UPDATE SET rule_version = excluded.rule_version, source_path = excluded.source_path,
yaml_content = excluded.yaml_content, updated_at = excluded.updated_at, updated_by = excluded.updated_by`
	sqlDeleteRule = `DELETE FROM ttp_rule WHERE rule_id = ?`
	sqlRule       = `SELECT ` + ruleColumns + ` FROM ttp_rule WHERE rule_id = ?`
	// AllRules chooses all definitions, for ReadRules.
	AllRules = `SELECT ` + ruleColumns + ` FROM ttp_rule ORDER BY rule_id`

	stateColumns = `rule_id, state, confidence_max, expires_at, reason, set_by, set_at, revision`

	sqlState  = `SELECT ` + stateColumns + ` FROM ttp_rule_state WHERE rule_id = ?`
	sqlStates = `SELECT ` + stateColumns + ` FROM ttp_rule_state`
	// Compare-and-set: the last parameter is the revision that the writer saw.
	sqlUpdateState = `UPDATE ttp_rule_state SET state = ?2, confidence_max = ?3, expires_at = ?4, reason = ?5, set_by = ?6, set_at = ?7, revision = ?8
WHERE rule_id = ?1 AND revision = ?9`
	sqlInsertState = `INSERT INTO ttp_rule_state (` + stateColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rule_id) DO NOTHING`
	sqlHistory     = `SELECT ` + stateColumns + ` FROM ttp_rule_state_log ORDER BY log_id DESC`
	sqlHistoryOf   = `SELECT ` + stateColumns + ` FROM ttp_rule_state_log WHERE rule_id = ? ORDER BY log_id DESC`
	sqlChanges     = `SELECT rev, rule_id, plane FROM ttp_change WHERE rev > ? ORDER BY rev`
	// The number that the next change follows; it is that of the last one.
	sqlCounter     = `SELECT rev FROM ttp_counter`
	sqlCountChange = `UPDATE ttp_counter SET rev = rev + 1`
	sqlNoteChange  = `INSERT INTO ttp_change (rev, rule_id, plane, op) SELECT rev, ?, ?, ? FROM ttp_counter`
	sqlLogState    = `INSERT INTO ttp_rule_state_log (` + stateColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	// LastRevision is the number of the last change.
	LastRevision = `SELECT coalesce(max(rev), 0) FROM ttp_change`
)

// The SQL of what tags show besides themselves.
const (
	sqlInsertVersion   = `INSERT INTO ttp_tag_version (rule_id, rule_version) VALUES (?, ?) ON CONFLICT DO NOTHING`
	sqlInsertTechnique = `INSERT INTO ttp_rule_technique (technique_id, rule_id) VALUES (?, ?) ON CONFLICT DO NOTHING`
	sqlInsertOrigin    = `INSERT INTO ttp_address (address, anchor) VALUES (?, ?) ON CONFLICT DO NOTHING`
	sqlInsertLink      = `INSERT INTO ttp_identity_attacker (identity_uuid, attacker_uuid) VALUES (?, ?) ON CONFLICT DO NOTHING`
)
