-- Pushes, their delivery and what agencies do with them. The county stands first in every key, so that
-- rows can be spread by it. Enumerations hold the numbers of the contract.

CREATE TABLE push (
    county          text NOT NULL,
    push_id         uuid NOT NULL,
    case_id         uuid NOT NULL,
    case_number     text NOT NULL,
    agency          text NOT NULL,
    form            smallint NOT NULL,
    level           smallint NOT NULL,
    area_code       text NOT NULL,
    area_name       text NOT NULL,
    category        text NOT NULL,
    reason          text NOT NULL,
    requested_at    timestamptz NOT NULL,
    due_at          timestamptz,
    -- 1 waiting, 2 delivered, 3 parked.
    delivery        smallint NOT NULL DEFAULT 1,
    -- 1 unsigned, 2 signed, 3 returned, 4 answered.
    receipt         smallint NOT NULL DEFAULT 1,
    delivered_at    timestamptz,
    signed_at       timestamptz,
    returned_at     timestamptz,
    return_reason   smallint NOT NULL DEFAULT 0,
    -- The agency's words on the return, sealed.
    return_text     bytea,
    feedback_at     timestamptz,
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
    traceparent     text,
    -- A sealed fengqiao.type.v1.Matter.
    sealed_matter   bytea NOT NULL,
    PRIMARY KEY (county, push_id)
) WITH (fillfactor = 80);

-- The inbox of one agency, and that of the whole county: most dangerous first, then oldest.
CREATE INDEX push_inbox ON push (county, agency, level DESC, requested_at, push_id);
CREATE INDEX push_overview ON push (county, level DESC, requested_at, push_id);
CREATE INDEX push_case ON push (county, case_id);
-- What is due for one agency's queue.
CREATE INDEX push_due ON push (county, agency, level, queue_at) WHERE delivery = 1;
-- How much waits, and since when.
CREATE INDEX push_waiting ON push (county, level, requested_at) WHERE delivery = 1;
CREATE INDEX push_parked ON push (county, parked_at, push_id) WHERE delivery = 3;
CREATE INDEX push_parked_agency ON push (county, agency, parked_at, push_id) WHERE delivery = 3;

-- One row for each try, written with what it led to.
CREATE TABLE delivery_attempt (
    county      text NOT NULL,
    push_id     uuid NOT NULL,
    number      integer NOT NULL,
    at          timestamptz NOT NULL,
    channel     text NOT NULL,
    delivered   boolean NOT NULL,
    http_status integer NOT NULL,
    error       text NOT NULL,
    duration_ms integer NOT NULL,
    PRIMARY KEY (county, push_id, number)
);

-- What agencies said they did; the request id makes each answer repeatable.
CREATE TABLE feedback (
    county      text NOT NULL,
    push_id     uuid NOT NULL,
    request_id  text NOT NULL,
    outcome     smallint NOT NULL,
    sealed_text bytea NOT NULL,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    PRIMARY KEY (county, push_id, request_id)
);
