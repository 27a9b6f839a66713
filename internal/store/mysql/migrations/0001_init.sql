-- Instants are Unix milliseconds. A line that is -- alone ends a statement. What
-- defines a schema commits by itself here: each statement may run again. A table has
-- one trigger at most: MariaDB 10.11 may leave a file behind when it adds another to
-- a table, and the database can then not be dropped.

-- The number of the last change of definitions and states. Who makes one locks
-- this row first: numbers become visible in their order. The program itself writes
-- the rows of ttp_change and ttp_rule_state_log.
CREATE TABLE IF NOT EXISTS ttp_counter (
    id  int    NOT NULL PRIMARY KEY CHECK (id = 1),
    rev bigint NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
INSERT INTO ttp_counter (id, rev) VALUES (1, 0) ON DUPLICATE KEY UPDATE id = id
--
CREATE TABLE IF NOT EXISTS ttp_change (
    rev     bigint NOT NULL PRIMARY KEY,
    rule_id varchar(100) NOT NULL,
    plane   varchar(20) NOT NULL CHECK (plane IN ('definition', 'state')),
    op      varchar(20) NOT NULL CHECK (op IN ('put', 'delete'))
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_rule (
    rule_id      varchar(100) NOT NULL PRIMARY KEY,
    rule_version int      NOT NULL CHECK (rule_version >= 1),
    source_path  text     NOT NULL,
    yaml_content longtext NOT NULL,
    updated_at   bigint   NOT NULL,
    updated_by   text     NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_rule_state (
    rule_id        varchar(100) NOT NULL PRIMARY KEY,
    state          varchar(20) NOT NULL CHECK (state IN ('enabled', 'disabled', 'clipped')),
    confidence_max double CHECK (confidence_max BETWEEN 0 AND 1),
    expires_at     bigint,
    reason         longtext NOT NULL,
    set_by         text     NOT NULL,
    set_at         bigint   NOT NULL,
    revision       bigint   NOT NULL,
    CHECK ((state = 'clipped') = (confidence_max IS NOT NULL))
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- One row for each revision of each rule's state, never changed again.
CREATE TABLE IF NOT EXISTS ttp_rule_state_log (
    log_id         bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    rule_id        varchar(100) NOT NULL,
    state          varchar(20) NOT NULL,
    confidence_max double,
    expires_at     bigint,
    reason         longtext NOT NULL,
    set_by         text     NOT NULL,
    set_at         bigint   NOT NULL,
    revision       bigint   NOT NULL,
    UNIQUE (rule_id, revision)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TRIGGER IF NOT EXISTS ttp_rule_state_log_keep_update BEFORE UPDATE ON ttp_rule_state_log FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'ttp_rule_state_log is append-only'
--
-- A state is set back to enabled: its revision must go on.
CREATE TRIGGER IF NOT EXISTS ttp_rule_state_keep_rows BEFORE DELETE ON ttp_rule_state FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'states are set to enabled, not deleted'
--
-- A process that uses this database renews its lease; one that is not renewed
-- for three times its interval is void.
CREATE TABLE IF NOT EXISTS ttp_lease (
    lease_id    varchar(100) NOT NULL PRIMARY KEY,
    what        text   NOT NULL,
    pid         bigint NOT NULL,
    host        text   NOT NULL,
    since       bigint NOT NULL,
    renewed_at  bigint NOT NULL,
    interval_ms bigint NOT NULL CHECK (interval_ms > 0)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_rule_in_force (
    lease_id     varchar(100) NOT NULL,
    rule_id      varchar(100) NOT NULL,
    rule_version int      NOT NULL,
    name         text     NOT NULL,
    description  longtext NOT NULL,
    applies_to   longtext NOT NULL,
    emits        longtext NOT NULL,
    PRIMARY KEY (lease_id, rule_id),
    FOREIGN KEY (lease_id) REFERENCES ttp_lease (lease_id) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- Of an id that is longer than an index takes, attacker_uuid, identity_uuid,
-- source_id and session_id hold a key, and long_ids the id. seen_at is when the
-- event was observed, else when the tag was stored; batch marks the statement that
-- stored it.
CREATE TABLE IF NOT EXISTS ttp_tag (
    seq              bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid             char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    attacker_ip      varchar(64),
    source_kind      text NOT NULL,
    source_id        varchar(380) NOT NULL,
    attacker_uuid    varchar(380),
    identity_uuid    varchar(380),
    session_id       varchar(380),
    decky_id         text,
    tactic           varchar(64) NOT NULL,
    technique_id     varchar(64) NOT NULL,
    sub_technique_id varchar(64),
    confidence       double NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    rule_id          varchar(100) NOT NULL,
    rule_version     int NOT NULL,
    evidence         longtext NOT NULL,
    attack_release   text NOT NULL,
    mitre_url        text NOT NULL,
    observed_at      varchar(64),
    seen_at          bigint NOT NULL,
    created_at       bigint NOT NULL,
    long_ids         longtext,
    batch            bigint NOT NULL,
    CHECK (attacker_uuid IS NOT NULL OR identity_uuid IS NOT NULL),
    KEY ttp_tag_identity (identity_uuid),
    KEY ttp_tag_attacker (attacker_uuid),
    KEY ttp_tag_session (session_id),
    KEY ttp_tag_rule (rule_id, source_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- The versions of each rule that ever stored a tag, the rules that ever said a
-- technique, and who ever came from an address.
CREATE TABLE IF NOT EXISTS ttp_tag_version (
    rule_id      varchar(100) NOT NULL,
    rule_version int NOT NULL,
    PRIMARY KEY (rule_id, rule_version)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_rule_technique (
    technique_id varchar(64) NOT NULL,
    rule_id      varchar(100) NOT NULL,
    PRIMARY KEY (technique_id, rule_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_address (
    address varchar(64) NOT NULL,
    anchor  varchar(380) NOT NULL,
    PRIMARY KEY (address, anchor)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- Which attackers an identity has: those seen together in a tag, and each
-- attacker in the identity that stands for it alone (EVENTS.md section 1).
CREATE TABLE IF NOT EXISTS ttp_identity_attacker (
    identity_uuid varchar(380) NOT NULL,
    attacker_uuid varchar(380) NOT NULL,
    PRIMARY KEY (identity_uuid, attacker_uuid)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_campaign_identity (
    campaign      varchar(380) NOT NULL,
    identity_uuid varchar(380) NOT NULL,
    PRIMARY KEY (campaign, identity_uuid)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- Secrets that a process makes once and keeps.
CREATE TABLE IF NOT EXISTS ttp_key (
    name  varchar(100) NOT NULL PRIMARY KEY,
    value varbinary(1024) NOT NULL CHECK (length(value) >= 16)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- How far each source was read and judged, what is to be published of it, and
-- what could not be processed.
CREATE TABLE IF NOT EXISTS ttp_source (
    source       varchar(500) NOT NULL PRIMARY KEY,
    owner        text     NOT NULL,
    epoch        bigint   NOT NULL CHECK (epoch >= 1),
    tags_cursor  longtext NOT NULL,
    seq          bigint   NOT NULL,
    committed_at bigint
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- Apart from its source: the row of that is written with every commit, and a
-- state has megabytes.
CREATE TABLE IF NOT EXISTS ttp_source_state (
    source       varchar(500) NOT NULL PRIMARY KEY,
    state_cursor longtext NOT NULL,
    state        longblob NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- A row holds the messages from first_seq to last_seq.
CREATE TABLE IF NOT EXISTS ttp_outbox (
    source    varchar(500) NOT NULL,
    last_seq  bigint   NOT NULL,
    first_seq bigint   NOT NULL,
    messages  longblob NOT NULL,
    PRIMARY KEY (source, last_seq),
    CHECK (first_seq <= last_seq)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- The outputs of a source, and what each has passed of its messages.
CREATE TABLE IF NOT EXISTS ttp_output (
    source varchar(500) NOT NULL,
    output varchar(250) NOT NULL,
    seq    bigint NOT NULL,
    PRIMARY KEY (source, output)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_dead_letter (
    letter_id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    source    text     NOT NULL,
    place     text     NOT NULL,
    reason    text     NOT NULL,
    body      longblob NOT NULL,
    at        bigint   NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
