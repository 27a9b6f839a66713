package sqlite

import (
	"ttpctl/internal/store"
	"ttpctl/internal/store/sqldb"
)

// The SQL that is SQLite's own stands here and in migrations (pragmas, lists as
// JSON, date functions); what it shares with other databases, in package sqldb.

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

// tagColumns is how many parameters sqlInsertTag has.
const tagColumns = 19

const (
	saidByTag = `uuid, attacker_ip, source_kind, source_id, attacker_uuid, identity_uuid, session_id, decky_id, tactic, technique_id,
sub_technique_id, confidence, rule_id, rule_version, evidence, attack_release, mitre_url, observed_at`

	sqlInsertTag = `INSERT INTO ttp_tag (` + saidByTag + `, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uuid) DO NOTHING`
	// The parameter is a JSON list of uuids.
	sqlKnownTags = `SELECT uuid FROM ttp_tag WHERE uuid IN (SELECT value FROM json_each(?))`

	// Of [sqldb.TagColumns] two are none of ours: keys have no bound here, and nobody
	// asks when a tag was seen.
	sqlSelectTags  = `SELECT ` + saidByTag + `, created_at, created_at, NULL, t.rowid FROM ttp_tag t`
	sqlCountedTags = `SELECT ` + sqldb.CountedColumns + `NULL FROM ttp_tag t`

	sqlCountBefore = `SELECT count(*) FROM ttp_tag WHERE created_at < ?`
	// Rows lie roughly in the order of created_at: the oldest are found first.
	sqlPruneSome = `DELETE FROM ttp_tag WHERE rowid IN (SELECT rowid FROM ttp_tag WHERE created_at < ? LIMIT ?)`

	sqlTagStats     = `SELECT count(*), min(created_at), max(created_at) FROM ttp_tag`
	sqlLedgerCounts = `SELECT (SELECT count(*) FROM ttp_source),
(SELECT coalesce(sum(s.seq - o.seq), 0) FROM ttp_source s JOIN (SELECT source, min(seq) AS seq FROM ttp_output GROUP BY source) o USING (source)),
(SELECT count(*) FROM ttp_dead_letter)`
	sqlCounts = `SELECT (SELECT count(*) FROM ttp_rule), (SELECT count(*) FROM ttp_rule_state WHERE state <> 'enabled'), (SELECT count(*) FROM ttp_rule_state_log)`
)

// Conditions on a tag t, for the members of a [store.Filter]. Lists are JSON.
const (
	whenSince      = seen + ` >= @since`
	whenUntil      = seen + ` < @until`
	whenConfidence = `t.confidence >= @confidence`
	whenTechnique  = `t.technique_id IN (SELECT substr(value, 1, 5) FROM json_each(@techniques))
AND (t.technique_id IN (SELECT value FROM json_each(@techniques)) OR t.sub_technique_id IN (SELECT value FROM json_each(@techniques)))`
	// What leads to the tags of a technique, where nothing else chooses better.
	whenSaid    = `t.rule_id IN (SELECT rule_id FROM ttp_rule_technique WHERE technique_id IN (SELECT substr(value, 1, 5) FROM json_each(@techniques)))`
	whenTactic  = `t.tactic IN (SELECT value FROM json_each(@tactics))`
	whenRule    = `t.rule_id IN (SELECT value FROM json_each(@rules))`
	whenSession = `t.session_id IN (SELECT value FROM json_each(@sessions))`
	// An address stands for the attacker that is derived from it too.
	whenAttacker = `(t.attacker_uuid IN (SELECT value FROM json_each(@attackers))
OR (t.attacker_uuid IN ` + anchorsOf + ` AND t.attacker_ip IN (SELECT value FROM json_each(@addresses)))
OR (t.identity_uuid IN ` + anchorsOf + ` AND t.attacker_ip IN (SELECT value FROM json_each(@addresses))))`
	anchorsOf    = `(SELECT anchor FROM ttp_address WHERE address IN (SELECT value FROM json_each(@addresses)))`
	whenIdentity = `(t.identity_uuid = @identity
OR t.attacker_uuid IN (SELECT attacker_uuid FROM ttp_identity_attacker WHERE identity_uuid = @identity))`
	whenCampaign = `(t.identity_uuid IN (SELECT identity_uuid FROM ttp_campaign_identity WHERE campaign = @campaign)
OR t.attacker_uuid IN (SELECT l.attacker_uuid FROM ttp_campaign_identity c JOIN ttp_identity_attacker l USING (identity_uuid) WHERE c.campaign = @campaign))`
	whenBefore = `t.rowid < @before`
	// Rules of one version, which most are, cost no look at other tags.
	whenNewest = `NOT (t.rule_id IN (SELECT rule_id FROM ttp_tag_version GROUP BY rule_id HAVING count(*) > 1)
AND EXISTS (SELECT 1 FROM ttp_tag n WHERE n.rule_id = t.rule_id AND n.source_id = t.source_id AND n.source_kind = t.source_kind AND n.rule_version > t.rule_version))`
)

// hits counts sessions and rules; a tag of no session is one of its own. A
// rule_id has no slash.
const hits = `count(DISTINCT coalesce(t.session_id, t.uuid) || '/' || t.rule_id`

// seen is when a tag's event was observed, in seconds: observed_at is optional.
const seen = `coalesce(unixepoch(t.observed_at, 'subsec'), t.created_at / 1000.0)`

// firstAndLast are the instants of tags, in milliseconds.
const firstAndLast = `CAST(round(1000 * min(` + seen + `)) AS INTEGER), CAST(round(1000 * max(` + seen + `)) AS INTEGER)`

const (
	sqlTechniques = `SELECT t.tactic, t.technique_id, coalesce(t.sub_technique_id, ''), ` + hits + `), count(*), count(DISTINCT t.rule_id), max(t.confidence),
` + firstAndLast + ` FROM ttp_tag t`
	sqlGroupTechniques = ` GROUP BY t.technique_id, t.sub_technique_id, t.tactic ORDER BY t.technique_id, t.sub_technique_id, t.tactic`

	subjectColumns = hits + ` || '/' || coalesce(t.sub_technique_id, t.technique_id)), count(*), count(DISTINCT coalesce(t.sub_technique_id, t.technique_id)), ` + firstAndLast
)

var groupings = [store.Dimensions]sqldb.Grouping{
	store.ByTechnique: sqldb.GroupBy("technique_id", `''`, subjectColumns, ``),
	store.ByAttacker:  sqldb.GroupBy("attacker_uuid", `coalesce(max(t.attacker_ip), '')`, subjectColumns, `t.attacker_uuid IS NOT NULL`),
	store.BySession:   sqldb.GroupBy("session_id", `''`, subjectColumns, `t.session_id IS NOT NULL`),
	store.ByRule:      sqldb.GroupBy("rule_id", `''`, subjectColumns, ``),
	store.ByIdentity: {From: `WITH member (id, tag) AS (
SELECT identity_uuid, rowid FROM ttp_tag WHERE identity_uuid IS NOT NULL
UNION
SELECT i.identity_uuid, t.rowid FROM (SELECT DISTINCT identity_uuid FROM ttp_tag WHERE identity_uuid IS NOT NULL) i
JOIN ttp_identity_attacker l ON l.identity_uuid = i.identity_uuid JOIN ttp_tag t ON t.attacker_uuid = l.attacker_uuid)
` + memberSubjects, To: groupMembers},
	store.ByCampaign: {From: `WITH member (id, tag) AS (
SELECT c.campaign, t.rowid FROM ttp_campaign_identity c JOIN ttp_tag t ON t.identity_uuid = c.identity_uuid
UNION
SELECT c.campaign, t.rowid FROM ttp_campaign_identity c
JOIN ttp_identity_attacker l ON l.identity_uuid = c.identity_uuid JOIN ttp_tag t ON t.attacker_uuid = l.attacker_uuid)
` + memberSubjects, To: groupMembers},
}

const (
	memberSubjects = `SELECT m.id, '', ` + subjectColumns + ` FROM member m JOIN ttp_tag t ON t.rowid = m.tag`
	groupMembers   = ` GROUP BY m.id ORDER BY m.id`
)
