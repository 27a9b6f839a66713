-- Fewer and shorter indexes on ttp_tag: each costs a tenth of what it takes to
-- store a tag. Two small tables lead to the indexes that stay, since a rule says
-- few techniques and an address has few attackers.

DROP INDEX ttp_tag_technique;
DROP INDEX ttp_tag_address;

-- Without the technique behind them, the tags of one attacker lie in the order
-- in which they were stored: they are added at one place.
DROP INDEX ttp_tag_identity;
DROP INDEX ttp_tag_attacker;
CREATE INDEX ttp_tag_identity ON ttp_tag (identity_uuid) WHERE identity_uuid IS NOT NULL;
CREATE INDEX ttp_tag_attacker ON ttp_tag (attacker_uuid) WHERE attacker_uuid IS NOT NULL;

-- The rules that ever tagged with a technique.
CREATE TABLE ttp_rule_technique (
    technique_id TEXT NOT NULL,
    rule_id      TEXT NOT NULL,
    PRIMARY KEY (technique_id, rule_id)
) STRICT, WITHOUT ROWID;
INSERT INTO ttp_rule_technique SELECT DISTINCT technique_id, rule_id FROM ttp_tag;

-- The attackers that ever came from an address, and the identities of tags that
-- have no attacker.
CREATE TABLE ttp_address (
    address TEXT NOT NULL,
    anchor  TEXT NOT NULL,
    PRIMARY KEY (address, anchor)
) STRICT, WITHOUT ROWID;
INSERT INTO ttp_address SELECT DISTINCT attacker_ip, coalesce(attacker_uuid, identity_uuid) FROM ttp_tag WHERE attacker_ip IS NOT NULL;
