-- oldest: 2
-- Sessions as they were typed, where serve is told to keep them. What was stored of a
-- session together is one part of it: JSON objects, each on a line. Older programs do
-- not miss them.
CREATE TABLE IF NOT EXISTS ttp_session (
    session_key varchar(380) NOT NULL PRIMARY KEY, -- sensor/session_id
    sensor      text   NOT NULL,
    session_id  text   NOT NULL,
    line_count  bigint NOT NULL,
    byte_count  bigint NOT NULL,
    left_out    bigint NOT NULL, -- lines that were not kept
    stored_at   bigint NOT NULL, -- the last part
    INDEX ttp_session_stored (stored_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
CREATE TABLE IF NOT EXISTS ttp_session_part (
    part        bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    session_key varchar(380) NOT NULL,
    body        longblob NOT NULL,
    INDEX ttp_session_part_session (session_key)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
--
-- The last commit of each source that kept lines or dead letters: one that is tried
-- again adds none twice.
CREATE TABLE IF NOT EXISTS ttp_commit (
    source varchar(500) NOT NULL PRIMARY KEY,
    epoch  bigint NOT NULL,
    number bigint NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
