-- Instants are Unix milliseconds. Every write of definitions and states leaves
-- a row in ttp_change, by trigger: no writer can forget it.
PRAGMA application_id = 1953787971; -- 'ttpC'

CREATE TABLE ttp_rule (
    rule_id      TEXT    NOT NULL PRIMARY KEY,
    rule_version INTEGER NOT NULL CHECK (rule_version >= 1),
    source_path  TEXT    NOT NULL,
    yaml_content TEXT    NOT NULL,
    updated_at   INTEGER NOT NULL,
    updated_by   TEXT    NOT NULL
) STRICT;

CREATE TABLE ttp_rule_state (
    rule_id        TEXT    NOT NULL PRIMARY KEY,
    state          TEXT    NOT NULL CHECK (state IN ('enabled', 'disabled', 'clipped')),
    confidence_max REAL    CHECK (confidence_max BETWEEN 0 AND 1),
    expires_at     INTEGER,
    reason         TEXT    NOT NULL,
    set_by         TEXT    NOT NULL,
    set_at         INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    CHECK ((state = 'clipped') = (confidence_max IS NOT NULL))
) STRICT;

-- One row for each revision of each rule's state, never changed again.
CREATE TABLE ttp_rule_state_log (
    log_id         INTEGER PRIMARY KEY AUTOINCREMENT,
    rule_id        TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    confidence_max REAL,
    expires_at     INTEGER,
    reason         TEXT    NOT NULL,
    set_by         TEXT    NOT NULL,
    set_at         INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    UNIQUE (rule_id, revision)
) STRICT;

CREATE TRIGGER ttp_rule_state_log_keep_rows BEFORE DELETE ON ttp_rule_state_log
BEGIN SELECT RAISE(ABORT, 'ttp_rule_state_log is append-only'); END;
CREATE TRIGGER ttp_rule_state_log_keep_values BEFORE UPDATE ON ttp_rule_state_log
BEGIN SELECT RAISE(ABORT, 'ttp_rule_state_log is append-only'); END;

CREATE TABLE ttp_change (
    rev     INTEGER PRIMARY KEY AUTOINCREMENT,
    rule_id TEXT NOT NULL,
    plane   TEXT NOT NULL CHECK (plane IN ('definition', 'state')),
    op      TEXT NOT NULL CHECK (op IN ('put', 'delete'))
) STRICT;

CREATE TRIGGER ttp_rule_inserted AFTER INSERT ON ttp_rule
BEGIN INSERT INTO ttp_change (rule_id, plane, op) VALUES (NEW.rule_id, 'definition', 'put'); END;
CREATE TRIGGER ttp_rule_updated AFTER UPDATE ON ttp_rule
BEGIN INSERT INTO ttp_change (rule_id, plane, op) VALUES (NEW.rule_id, 'definition', 'put'); END;
CREATE TRIGGER ttp_rule_deleted AFTER DELETE ON ttp_rule
BEGIN INSERT INTO ttp_change (rule_id, plane, op) VALUES (OLD.rule_id, 'definition', 'delete'); END;

CREATE TRIGGER ttp_rule_state_inserted AFTER INSERT ON ttp_rule_state
BEGIN
    INSERT INTO ttp_rule_state_log (rule_id, state, confidence_max, expires_at, reason, set_by, set_at, revision)
    VALUES (NEW.rule_id, NEW.state, NEW.confidence_max, NEW.expires_at, NEW.reason, NEW.set_by, NEW.set_at, NEW.revision);
    INSERT INTO ttp_change (rule_id, plane, op) VALUES (NEW.rule_id, 'state', 'put');
END;
CREATE TRIGGER ttp_rule_state_updated AFTER UPDATE ON ttp_rule_state
BEGIN
    INSERT INTO ttp_rule_state_log (rule_id, state, confidence_max, expires_at, reason, set_by, set_at, revision)
    VALUES (NEW.rule_id, NEW.state, NEW.confidence_max, NEW.expires_at, NEW.reason, NEW.set_by, NEW.set_at, NEW.revision);
    INSERT INTO ttp_change (rule_id, plane, op) VALUES (NEW.rule_id, 'state', 'put');
END;
-- A state is set back to enabled: its revision must go on.
CREATE TRIGGER ttp_rule_state_keep_rows BEFORE DELETE ON ttp_rule_state
BEGIN SELECT RAISE(ABORT, 'states are set to enabled, not deleted'); END;

-- The rules that a running tagger has in force, for other processes to know.
CREATE TABLE ttp_rule_in_force (
    rule_id      TEXT    NOT NULL PRIMARY KEY,
    rule_version INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    recorded_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE ttp_tag (
    uuid             TEXT    NOT NULL PRIMARY KEY,
    source_kind      TEXT    NOT NULL,
    source_id        TEXT    NOT NULL,
    attacker_uuid    TEXT,
    identity_uuid    TEXT,
    session_id       TEXT,
    decky_id         TEXT,
    tactic           TEXT    NOT NULL,
    technique_id     TEXT    NOT NULL,
    sub_technique_id TEXT,
    confidence       REAL    NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    rule_id          TEXT    NOT NULL,
    rule_version     INTEGER NOT NULL,
    evidence         TEXT    NOT NULL,
    attack_release   TEXT    NOT NULL,
    mitre_url        TEXT    NOT NULL,
    observed_at      TEXT,
    created_at       INTEGER NOT NULL,
    CHECK (attacker_uuid IS NOT NULL OR identity_uuid IS NOT NULL)
) STRICT;

-- Most tags have no identity: a partial index costs them nothing.
CREATE INDEX ttp_tag_identity ON ttp_tag (identity_uuid, technique_id) WHERE identity_uuid IS NOT NULL;
CREATE INDEX ttp_tag_attacker ON ttp_tag (attacker_uuid, technique_id) WHERE attacker_uuid IS NOT NULL;
CREATE INDEX ttp_tag_technique ON ttp_tag (technique_id, created_at);
CREATE INDEX ttp_tag_session ON ttp_tag (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX ttp_tag_rule ON ttp_tag (rule_id);

-- Which attackers an identity has: those seen together in a tag, and each
-- attacker in the identity that stands for it alone (EVENTS.md section 1).
CREATE TABLE ttp_identity_attacker (
    identity_uuid TEXT NOT NULL,
    attacker_uuid TEXT NOT NULL,
    PRIMARY KEY (identity_uuid, attacker_uuid)
) STRICT, WITHOUT ROWID;

CREATE TABLE ttp_campaign_identity (
    campaign      TEXT NOT NULL,
    identity_uuid TEXT NOT NULL,
    PRIMARY KEY (campaign, identity_uuid)
) STRICT, WITHOUT ROWID;

-- Secrets that a process makes once and keeps, such as the key under which
-- serve hashes passwords: hashes stay comparable across restarts, and tell
-- nobody else anything.
CREATE TABLE ttp_key (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL CHECK (length(value) >= 16)
) STRICT, WITHOUT ROWID;
