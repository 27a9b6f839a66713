-- Instants are Unix milliseconds. A line that is -- alone ends a statement.

-- The number of the last change of definitions and states. Who makes one locks
-- this row first: numbers become visible in their order.
CREATE TABLE ttp_counter (
    id  int    NOT NULL PRIMARY KEY CHECK (id = 1),
    rev bigint NOT NULL
)
--
INSERT INTO ttp_counter (id, rev) VALUES (1, 0)
--
CREATE TABLE ttp_change (
    rev     bigint NOT NULL PRIMARY KEY,
    rule_id text COLLATE "C" NOT NULL,
    plane   text NOT NULL CHECK (plane IN ('definition', 'state')),
    op      text NOT NULL CHECK (op IN ('put', 'delete'))
)
--
CREATE TABLE ttp_rule (
    rule_id      text COLLATE "C" NOT NULL PRIMARY KEY,
    rule_version int    NOT NULL CHECK (rule_version >= 1),
    source_path  text   NOT NULL,
    yaml_content text   NOT NULL,
    updated_at   bigint NOT NULL,
    updated_by   text   NOT NULL
)
--
CREATE TABLE ttp_rule_state (
    rule_id        text COLLATE "C" NOT NULL PRIMARY KEY,
    state          text NOT NULL CHECK (state IN ('enabled', 'disabled', 'clipped')),
    confidence_max double precision CHECK (confidence_max BETWEEN 0 AND 1),
    expires_at     bigint,
    reason         text   NOT NULL,
    set_by         text   NOT NULL,
    set_at         bigint NOT NULL,
    revision       bigint NOT NULL,
    CHECK ((state = 'clipped') = (confidence_max IS NOT NULL))
)
--
-- One row for each revision of each rule's state, never changed again.
CREATE TABLE ttp_rule_state_log (
    log_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id        text COLLATE "C" NOT NULL,
    state          text   NOT NULL,
    confidence_max double precision,
    expires_at     bigint,
    reason         text   NOT NULL,
    set_by         text   NOT NULL,
    set_at         bigint NOT NULL,
    revision       bigint NOT NULL,
    UNIQUE (rule_id, revision)
)
--
CREATE FUNCTION ttp_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END $$
--
CREATE TRIGGER ttp_rule_state_log_keep_rows BEFORE UPDATE OR DELETE ON ttp_rule_state_log
FOR EACH ROW EXECUTE FUNCTION ttp_refuse('ttp_rule_state_log is append-only')
--
-- A state is set back to enabled: its revision must go on.
CREATE TRIGGER ttp_rule_state_keep_rows BEFORE DELETE ON ttp_rule_state
FOR EACH ROW EXECUTE FUNCTION ttp_refuse('states are set to enabled, not deleted')
--
-- Every write of definitions and states leaves a row in ttp_change, by trigger: no
-- writer can forget it. The notification is a hint: what it says is in the table.
CREATE FUNCTION ttp_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    UPDATE ttp_counter SET rev = rev + 1 RETURNING rev INTO number;
    INSERT INTO ttp_change (rev, rule_id, plane, op) VALUES (
        number, CASE WHEN TG_OP = 'DELETE' THEN OLD.rule_id ELSE NEW.rule_id END,
        TG_ARGV[0], CASE WHEN TG_OP = 'DELETE' THEN 'delete' ELSE 'put' END);
    PERFORM pg_notify('ttp_change', '');
    RETURN NULL;
END $$
--
CREATE FUNCTION ttp_note_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ttp_rule_state_log (rule_id, state, confidence_max, expires_at, reason, set_by, set_at, revision)
    VALUES (NEW.rule_id, NEW.state, NEW.confidence_max, NEW.expires_at, NEW.reason, NEW.set_by, NEW.set_at, NEW.revision);
    RETURN NULL;
END $$
--
CREATE TRIGGER ttp_rule_changed AFTER INSERT OR UPDATE OR DELETE ON ttp_rule
FOR EACH ROW EXECUTE FUNCTION ttp_note_change('definition')
--
CREATE TRIGGER ttp_rule_state_changed AFTER INSERT OR UPDATE ON ttp_rule_state
FOR EACH ROW EXECUTE FUNCTION ttp_note_change('state')
--
CREATE TRIGGER ttp_rule_state_logged AFTER INSERT OR UPDATE ON ttp_rule_state
FOR EACH ROW EXECUTE FUNCTION ttp_note_state()
--
-- A process that uses this database renews its lease; one that is not renewed
-- for three times its interval is void.
CREATE TABLE ttp_lease (
    lease_id    text COLLATE "C" NOT NULL PRIMARY KEY,
    what        text   NOT NULL,
    pid         bigint NOT NULL,
    host        text   NOT NULL,
    since       bigint NOT NULL,
    renewed_at  bigint NOT NULL,
    interval_ms bigint NOT NULL CHECK (interval_ms > 0)
)
--
CREATE TABLE ttp_rule_in_force (
    lease_id     text COLLATE "C" NOT NULL REFERENCES ttp_lease (lease_id) ON DELETE CASCADE,
    rule_id      text COLLATE "C" NOT NULL,
    rule_version int  NOT NULL,
    name         text NOT NULL,
    description  text NOT NULL,
    applies_to   text NOT NULL, -- a JSON list
    emits        text NOT NULL, -- a JSON list of objects
    PRIMARY KEY (lease_id, rule_id)
)
--
-- Of an id that is longer than an index takes, attacker_uuid, identity_uuid,
-- source_id and session_id hold a key, and long_ids the id.
CREATE TABLE ttp_tag (
    seq              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid             uuid   NOT NULL UNIQUE,
    attacker_ip      text COLLATE "C",
    source_kind      text COLLATE "C" NOT NULL,
    source_id        text COLLATE "C" NOT NULL,
    attacker_uuid    text COLLATE "C",
    identity_uuid    text COLLATE "C",
    session_id       text COLLATE "C",
    decky_id         text COLLATE "C",
    tactic           text COLLATE "C" NOT NULL,
    technique_id     text COLLATE "C" NOT NULL,
    sub_technique_id text COLLATE "C",
    confidence       double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    rule_id          text COLLATE "C" NOT NULL,
    rule_version     int    NOT NULL,
    evidence         text   NOT NULL,
    attack_release   text   NOT NULL,
    mitre_url        text   NOT NULL,
    observed_at      text,
    seen_at          bigint NOT NULL, -- when observed, else when stored
    created_at       bigint NOT NULL,
    long_ids         text,
    CHECK (attacker_uuid IS NOT NULL OR identity_uuid IS NOT NULL)
)
--
CREATE INDEX ttp_tag_identity ON ttp_tag (identity_uuid) WHERE identity_uuid IS NOT NULL
--
CREATE INDEX ttp_tag_attacker ON ttp_tag (attacker_uuid) WHERE attacker_uuid IS NOT NULL
--
CREATE INDEX ttp_tag_session ON ttp_tag (session_id) WHERE session_id IS NOT NULL
--
CREATE INDEX ttp_tag_rule ON ttp_tag (rule_id, source_id)
--
-- The versions of each rule that ever stored a tag, the rules that ever said a
-- technique, and who ever came from an address.
CREATE TABLE ttp_tag_version (
    rule_id      text COLLATE "C" NOT NULL,
    rule_version int NOT NULL,
    PRIMARY KEY (rule_id, rule_version)
)
--
CREATE TABLE ttp_rule_technique (
    technique_id text COLLATE "C" NOT NULL,
    rule_id      text COLLATE "C" NOT NULL,
    PRIMARY KEY (technique_id, rule_id)
)
--
CREATE TABLE ttp_address (
    address text COLLATE "C" NOT NULL,
    anchor  text COLLATE "C" NOT NULL,
    PRIMARY KEY (address, anchor)
)
--
-- Which attackers an identity has: those seen together in a tag, and each
-- attacker in the identity that stands for it alone (EVENTS.md section 1).
CREATE TABLE ttp_identity_attacker (
    identity_uuid text COLLATE "C" NOT NULL,
    attacker_uuid text COLLATE "C" NOT NULL,
    PRIMARY KEY (identity_uuid, attacker_uuid)
)
--
CREATE TABLE ttp_campaign_identity (
    campaign      text COLLATE "C" NOT NULL,
    identity_uuid text COLLATE "C" NOT NULL,
    PRIMARY KEY (campaign, identity_uuid)
)
--
-- Secrets that a process makes once and keeps.
CREATE TABLE ttp_key (
    name  text COLLATE "C" NOT NULL PRIMARY KEY,
    value bytea NOT NULL CHECK (length(value) >= 16)
)
--
-- How far each source was read and judged, what is to be published of it, and
-- what could not be processed.
CREATE TABLE ttp_source (
    source       text COLLATE "C" NOT NULL PRIMARY KEY,
    owner        text   NOT NULL,
    epoch        bigint NOT NULL CHECK (epoch >= 1),
    tags_cursor  text   NOT NULL,
    seq          bigint NOT NULL, -- of the last message in the outbox
    committed_at bigint
)
--
-- Apart from its source: the row of that is written with every commit, and a
-- state has megabytes.
CREATE TABLE ttp_source_state (
    source       text COLLATE "C" NOT NULL PRIMARY KEY,
    state_cursor text  NOT NULL,
    state        bytea NOT NULL
)
--
-- A row holds the messages from first_seq to last_seq.
CREATE TABLE ttp_outbox (
    source    text COLLATE "C" NOT NULL,
    last_seq  bigint NOT NULL,
    first_seq bigint NOT NULL CHECK (first_seq <= last_seq),
    messages  bytea  NOT NULL,
    PRIMARY KEY (source, last_seq)
)
--
-- The outputs of a source, and what each has passed of its messages.
CREATE TABLE ttp_output (
    source text COLLATE "C" NOT NULL,
    output text COLLATE "C" NOT NULL,
    seq    bigint NOT NULL,
    PRIMARY KEY (source, output)
)
--
CREATE TABLE ttp_dead_letter (
    letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source    text   NOT NULL,
    place     text   NOT NULL,
    reason    text   NOT NULL,
    body      bytea  NOT NULL,
    at        bigint NOT NULL
)
