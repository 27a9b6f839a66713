-- Sessions as they were typed, where serve is told to keep them. What was stored of a
-- session together is one part of it: JSON objects, each on a line.
CREATE TABLE ttp_session (
    session_key TEXT    NOT NULL PRIMARY KEY, -- sensor/session_id
    sensor      TEXT    NOT NULL,
    session_id  TEXT    NOT NULL,
    line_count  INTEGER NOT NULL,
    byte_count  INTEGER NOT NULL,
    left_out    INTEGER NOT NULL, -- lines that were not kept
    stored_at   INTEGER NOT NULL  -- the last part
) STRICT, WITHOUT ROWID;
CREATE INDEX ttp_session_stored ON ttp_session (stored_at);

CREATE TABLE ttp_session_part (
    part        INTEGER PRIMARY KEY,
    session_key TEXT NOT NULL,
    body        BLOB NOT NULL
) STRICT;
CREATE INDEX ttp_session_part_session ON ttp_session_part (session_key);

-- The last commit of each source that kept lines or dead letters: one that is tried
-- again adds none twice.
CREATE TABLE ttp_commit (
    source TEXT    NOT NULL PRIMARY KEY,
    epoch  INTEGER NOT NULL,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
