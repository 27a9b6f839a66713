-- oldest: 2
-- Sessions as they were typed, where serve is told to keep them. What was stored of a
-- session together is one part of it: JSON objects, each on a line. Older programs do
-- not miss them.
CREATE TABLE ttp_session (
    session_key text COLLATE "C" NOT NULL PRIMARY KEY, -- sensor/session_id
    sensor      text   NOT NULL,
    session_id  text   NOT NULL,
    line_count  bigint NOT NULL,
    byte_count  bigint NOT NULL,
    left_out    bigint NOT NULL, -- lines that were not kept
    stored_at   bigint NOT NULL  -- the last part
)
--
CREATE INDEX ttp_session_stored ON ttp_session (stored_at)
--
CREATE TABLE ttp_session_part (
    part        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_key text COLLATE "C" NOT NULL,
    body        bytea NOT NULL
)
--
CREATE INDEX ttp_session_part_session ON ttp_session_part (session_key)
--
-- The last commit of each source that kept lines or dead letters: one that is tried
-- again adds none twice.
CREATE TABLE ttp_commit (
    source text COLLATE "C" NOT NULL PRIMARY KEY,
    epoch  bigint NOT NULL,
    number bigint NOT NULL
)
