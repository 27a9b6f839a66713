-- Who does what only one process may do at a time. The counter moves while there is a
-- holder; nobody's clock is in it.
CREATE TABLE ttp_claim (
    name    TEXT NOT NULL PRIMARY KEY,
    owner   TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    note    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How often a lease was renewed, and what its holder says of itself, in JSON.
ALTER TABLE ttp_lease ADD COLUMN beats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ttp_lease ADD COLUMN about TEXT NOT NULL DEFAULT '';
