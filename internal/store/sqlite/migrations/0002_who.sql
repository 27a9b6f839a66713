-- Who attacked, which versions of a rule tagged, who uses this database.

ALTER TABLE ttp_tag ADD COLUMN attacker_ip TEXT;
CREATE INDEX ttp_tag_address ON ttp_tag (attacker_ip) WHERE attacker_ip IS NOT NULL;

-- With the event behind it, the index also finds what a newer version of a rule
-- said of the same event.
DROP INDEX ttp_tag_rule;
CREATE INDEX ttp_tag_rule ON ttp_tag (rule_id, source_id);

-- The versions of each rule that ever stored a tag: most rules have one, and
-- nothing needs to be compared.
CREATE TABLE ttp_tag_version (
    rule_id      TEXT    NOT NULL,
    rule_version INTEGER NOT NULL,
    PRIMARY KEY (rule_id, rule_version)
) STRICT, WITHOUT ROWID;
INSERT INTO ttp_tag_version SELECT DISTINCT rule_id, rule_version FROM ttp_tag;

-- A process that uses this database renews its lease; one that is not renewed
-- for three times its interval is void.
CREATE TABLE ttp_lease (
    lease_id    TEXT    NOT NULL PRIMARY KEY,
    what        TEXT    NOT NULL,
    pid         INTEGER NOT NULL,
    host        TEXT    NOT NULL,
    since       INTEGER NOT NULL,
    renewed_at  INTEGER NOT NULL,
    interval_ms INTEGER NOT NULL CHECK (interval_ms > 0)
) STRICT, WITHOUT ROWID;

-- The rules that the holder of a lease has in force. What was recorded before
-- there were leases is void.
DROP TABLE ttp_rule_in_force;
CREATE TABLE ttp_rule_in_force (
    lease_id     TEXT    NOT NULL REFERENCES ttp_lease (lease_id) ON DELETE CASCADE,
    rule_id      TEXT    NOT NULL,
    rule_version INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    applies_to   TEXT    NOT NULL, -- a JSON list
    emits        TEXT    NOT NULL, -- a JSON list of objects
    PRIMARY KEY (lease_id, rule_id)
) STRICT, WITHOUT ROWID;
