package store

// All SQL stands here and in migrations: what another database would say
// otherwise (pragmas, ON CONFLICT, date functions) is found in one place.

// applicationID marks a SQLite file as ours ("ttpC"). It is set by the first
// migration.
const applicationID = 0x74747043

const (
	sqlUserVersion    = `PRAGMA user_version`
	sqlSetUserVersion = `PRAGMA user_version = %d`
	sqlApplicationID  = `PRAGMA application_id`
	sqlDataVersion    = `PRAGMA data_version`
	sqlTableCount     = `SELECT count(*) FROM sqlite_schema`
	sqlPageStats      = `SELECT (SELECT page_count FROM pragma_page_count), (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)`
)

const (
	// The WHERE clause leaves a rule untouched, and unannounced, that is
	// stored as it is already.
	sqlPutRule = `INSERT INTO ttp_rule (rule_id, rule_version, source_path, yaml_content, updated_at, updated_by)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (rule_id) DO UPDATE SET rule_version = excluded.rule_version, source_path = excluded.source_path,
yaml_content = excluded.yaml_content, updated_at = excluded.updated_at, updated_by = excluded.updated_by
WHERE yaml_content <> excluded.yaml_content OR rule_version <> excluded.rule_version OR source_path <> excluded.source_path`
	sqlDeleteRule = `DELETE FROM ttp_rule WHERE rule_id = ?`
	sqlRule       = `SELECT rule_id, rule_version, source_path, yaml_content, updated_at, updated_by FROM ttp_rule WHERE rule_id = ?`
	sqlRules      = `SELECT rule_id, rule_version, source_path, yaml_content, updated_at, updated_by FROM ttp_rule ORDER BY rule_id`

	sqlClearInForce = `DELETE FROM ttp_rule_in_force`
	sqlPutInForce   = `INSERT INTO ttp_rule_in_force (rule_id, rule_version, name, recorded_at) VALUES (?, ?, ?, ?)`
	sqlInForce      = `SELECT rule_id, rule_version, name, recorded_at FROM ttp_rule_in_force ORDER BY rule_id`
)

const (
	stateColumns = `rule_id, state, confidence_max, expires_at, reason, set_by, set_at, revision`

	sqlState  = `SELECT ` + stateColumns + ` FROM ttp_rule_state WHERE rule_id = ?`
	sqlStates = `SELECT ` + stateColumns + ` FROM ttp_rule_state`
	// Compare-and-set: the last parameter is the revision that the writer saw.
	sqlUpdateState = `UPDATE ttp_rule_state SET state = ?2, confidence_max = ?3, expires_at = ?4, reason = ?5, set_by = ?6, set_at = ?7, revision = ?8
WHERE rule_id = ?1 AND revision = ?9`
	sqlInsertState  = `INSERT INTO ttp_rule_state (` + stateColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rule_id) DO NOTHING`
	sqlHistory      = `SELECT ` + stateColumns + ` FROM ttp_rule_state_log WHERE ?1 = '' OR rule_id = ?1 ORDER BY log_id DESC`
	sqlLastRevision = `SELECT coalesce(max(rev), 0) FROM ttp_change`
	sqlChanges      = `SELECT rev, rule_id, plane FROM ttp_change WHERE rev > ? ORDER BY rev`
)
