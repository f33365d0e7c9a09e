-- How each push gets to its agency changes often and is short; what was asked for is long and stays. Apart, a try costs a
-- short row and no entry in the indexes by which pushes are read: together it wrote the whole row, and six of them.
CREATE TABLE push_delivery (
    county          text NOT NULL,
    push_id         uuid NOT NULL,
    -- As they stand in the push, by which its turn is found.
    agency          text NOT NULL,
    subject         smallint NOT NULL,
    case_id         uuid NOT NULL,
    level           smallint NOT NULL,
    requested_at    timestamptz NOT NULL,
    -- 1 waiting, 2 delivered, 3 parked.
    delivery        smallint NOT NULL DEFAULT 1,
    delivered_at    timestamptz,
    parked_at       timestamptz,
    -- Claims so far. Also the token by which a late answer to an earlier claim is told apart.
    attempts        integer NOT NULL DEFAULT 0,
    -- Failures since it was made or sent again; decides the next wait and when it is parked.
    failures        integer NOT NULL DEFAULT 0,
    -- Not claimed before this: the wait after a failure.
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    -- Not claimed before this: someone is delivering it, or has died while doing so.
    lease_until     timestamptz NOT NULL DEFAULT '-infinity',
    -- When it is put on its agency's queue (again): after a wait, a lease, or a loss in Redis.
    queue_at        timestamptz NOT NULL,
    last_error      text NOT NULL DEFAULT '',
    PRIMARY KEY (county, push_id)
) WITH (fillfactor = 70);

INSERT INTO push_delivery (
    county, push_id, agency, subject, case_id, level, requested_at, delivery, delivered_at, parked_at, attempts, failures,
    next_attempt_at, lease_until, queue_at, last_error
)
SELECT county, push_id, agency, subject, case_id, level, requested_at, delivery, delivered_at, parked_at, attempts, failures,
    next_attempt_at, lease_until, queue_at, last_error
FROM push;

DROP INDEX push_due, push_waiting, push_parked, push_parked_agency, push_turn, push_retry;
ALTER TABLE push
    DROP COLUMN delivery, DROP COLUMN delivered_at, DROP COLUMN parked_at, DROP COLUMN attempts, DROP COLUMN failures,
    DROP COLUMN next_attempt_at, DROP COLUMN lease_until, DROP COLUMN queue_at, DROP COLUMN last_error;

-- What is due for one agency's queue.
CREATE INDEX push_due ON push_delivery (county, agency, level, queue_at) WHERE delivery = 1;
-- What waits for one agency, in the order in which an owner delivers it.
CREATE INDEX push_turn ON push_delivery (county, agency, level, requested_at, push_id) WHERE delivery = 1;
-- What of a case waits for its next try: what came later waits behind it.
CREATE INDEX push_retry ON push_delivery (county, agency, case_id, level) WHERE delivery = 1 AND failures > 0;
-- How much waits, and since when.
CREATE INDEX push_waiting ON push_delivery (county, level, requested_at) WHERE delivery = 1;
CREATE INDEX push_parked ON push_delivery (county, parked_at, push_id) WHERE delivery = 3;
CREATE INDEX push_parked_agency ON push_delivery (county, agency, parked_at, push_id) WHERE delivery = 3;

-- A push as it is now. One by one, so that the planner has no way but the key, whatever it believes of the table.
CREATE VIEW push_now AS
SELECT push.*, d.delivery, d.delivered_at, d.parked_at, d.attempts, d.failures, d.last_error
FROM push
CROSS JOIN LATERAL (
    SELECT * FROM push_delivery WHERE push_delivery.county = push.county AND push_delivery.push_id = push.push_id LIMIT 1
) AS d;
