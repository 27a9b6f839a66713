-- How far each source was read and judged, what is to be published of it, and
-- what could not be processed.

CREATE TABLE ttp_source (
    source       TEXT    NOT NULL PRIMARY KEY,
    owner        TEXT    NOT NULL,
    epoch        INTEGER NOT NULL CHECK (epoch >= 1),
    tags_cursor  TEXT    NOT NULL,
    seq          INTEGER NOT NULL, -- of the last message in the outbox
    committed_at INTEGER
) STRICT, WITHOUT ROWID;

-- Apart from its source: the row of that is written with every commit, and a
-- state has megabytes.
CREATE TABLE ttp_source_state (
    source       TEXT NOT NULL PRIMARY KEY,
    state_cursor TEXT NOT NULL,
    state        BLOB NOT NULL
) STRICT;

-- A row holds the messages from first_seq to last_seq: a row for each would
-- cost as much as the tag that it is about.
CREATE TABLE ttp_outbox (
    source    TEXT    NOT NULL,
    last_seq  INTEGER NOT NULL,
    first_seq INTEGER NOT NULL CHECK (first_seq <= last_seq),
    messages  BLOB    NOT NULL,
    PRIMARY KEY (source, last_seq)
) STRICT;

-- The outputs of a source, and what each has passed of its messages.
CREATE TABLE ttp_output (
    source TEXT    NOT NULL,
    output TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (source, output)
) STRICT, WITHOUT ROWID;

CREATE TABLE ttp_dead_letter (
    letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
    source    TEXT    NOT NULL,
    place     TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    body      BLOB    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
