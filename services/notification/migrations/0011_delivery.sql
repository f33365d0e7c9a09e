-- Who delivers: processes share the agencies that have webhooks. An agency's queue has one owner at a time, for as long
-- as its lease; each new owner has a higher token, and what is written with an older one changes no push.
CREATE TABLE queue_owner (
    county text NOT NULL,
    agency text NOT NULL,
    owner  uuid NOT NULL,
    token  bigint NOT NULL,
    until  timestamptz NOT NULL,
    PRIMARY KEY (county, agency)
) WITH (fillfactor = 50);

-- The processes that are alive, and the agencies whose endpoints they know.
CREATE TABLE delivery_process (
    county   text NOT NULL,
    process  uuid NOT NULL,
    agencies text[] NOT NULL,
    until    timestamptz NOT NULL,
    PRIMARY KEY (county, process)
) WITH (fillfactor = 50);

-- Secrets that took the place of those in the county's file, and until when those before them sign too.
CREATE TABLE endpoint_secret (
    county        text NOT NULL,
    agency        text NOT NULL,
    made_at       timestamptz NOT NULL,
    sealed_secret bytea NOT NULL,
    before_until  timestamptz NOT NULL,
    made_by       text NOT NULL,
    PRIMARY KEY (county, agency, made_at)
);

-- What the endpoint said, its first 4 KB, sealed. Nothing where it said nothing.
ALTER TABLE delivery_attempt ADD COLUMN sealed_answer bytea;

-- What waits for one agency, in the order in which an owner delivers it.
CREATE INDEX push_turn ON push (county, agency, level, requested_at, push_id) WHERE delivery = 1;
-- What of a case waits for its next try: what came later waits behind it.
CREATE INDEX push_retry ON push (county, agency, case_id, level) WHERE delivery = 1 AND failures > 0;

-- The order of arrival, by which an agency that asks for its pushes misses none. Pushes of a county are stored one batch
-- after the other, so that a number that can be seen has no smaller one that comes later.
CREATE SEQUENCE push_arrival;
ALTER TABLE push ADD COLUMN arrival bigint;
UPDATE push SET arrival = ordered.place
FROM (SELECT county, push_id, row_number() OVER (ORDER BY requested_at, push_id) AS place FROM push) AS ordered
WHERE push.county = ordered.county AND push.push_id = ordered.push_id;
SELECT setval('push_arrival', (SELECT count(*) + 1 FROM push), false);
ALTER TABLE push ALTER COLUMN arrival SET DEFAULT nextval('push_arrival'), ALTER COLUMN arrival SET NOT NULL;
CREATE INDEX push_arrivals ON push (county, agency, arrival);
