-- What several processes on one database share out among themselves.

-- The least number of migrations that a program must know to work on a database with
-- this one: older programs go on beside newer ones while a fleet is upgraded. 0 = it
-- must know this one.
ALTER TABLE ttp_migration ADD COLUMN oldest int NOT NULL DEFAULT 0
--
-- Who does what only one process may do at a time. The counter moves while there is a
-- holder; nobody's clock is in it.
CREATE TABLE ttp_claim (
    name    text COLLATE "C" NOT NULL PRIMARY KEY,
    owner   text   NOT NULL,
    epoch   bigint NOT NULL,
    counter bigint NOT NULL,
    note    text   NOT NULL
)
--
-- How often a lease was renewed, and what its holder says of itself, in JSON.
ALTER TABLE ttp_lease ADD COLUMN beats bigint NOT NULL DEFAULT 0, ADD COLUMN about text NOT NULL DEFAULT ''
