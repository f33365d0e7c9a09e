-- What analysts' process reads: which things have changed since it last looked, and the key of the dice that counts
-- outside the own area are rounded with (src/domain/disclosure.rs). The key is made once and never changes: new dice
-- would be another look at the same counts.
CREATE INDEX event_known ON event (county, known_at);

CREATE TABLE disclosure_key (
    county text NOT NULL PRIMARY KEY,
    key bytea NOT NULL CHECK (octet_length(key) = 16)
);
