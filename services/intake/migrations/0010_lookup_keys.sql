-- The lookup key changes: what linkage keeps of a report is hashed by the next key beside the one before, until the one
-- before goes.

ALTER TABLE report_link
    -- The id of the lookup key that the traits are hashed by.
    ADD COLUMN lookup      smallint NOT NULL DEFAULT 1,
    -- The same by the next key; null where there is no next one, or the report waits to be hashed anew.
    ADD COLUMN next_traits bytea,
    ALTER COLUMN next_traits SET STORAGE PLAIN;

-- By which key earlier reports are found and compared: the newest one as soon as all of them are hashed by it. Without a
-- row it is the oldest that there is.
CREATE TABLE lookup_reading (
    county  text COLLATE "C" NOT NULL,
    lookup  smallint NOT NULL,
    -- Whether there are hashes by this key only.
    one_key boolean NOT NULL,
    since   timestamptz NOT NULL,
    PRIMARY KEY (county)
);
