-- What every service keeps to send and to receive events. County first in every key.

-- The last position given, one row a county. Its row lock orders the commits of one county, so that
-- positions are dense and in commit order.
CREATE TABLE outbox_head (
    county   text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE outbox_event (
    county      text COLLATE "C" NOT NULL,
    position    bigint NOT NULL,
    kind        text NOT NULL,
    payload     bytea NOT NULL,
    trace       text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (county, position)
);

-- How far each receiver is known to have applied; it decides what may be trimmed.
CREATE TABLE outbox_receiver (
    county   text COLLATE "C" NOT NULL,
    receiver text NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (county, receiver)
);

-- How far this service has applied another's events. Moved in the transaction that applies.
CREATE TABLE receiver_position (
    county       text COLLATE "C" NOT NULL,
    topic        text NOT NULL,
    position     bigint NOT NULL,
    -- When nothing was left to apply.
    caught_up_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (county, topic)
) WITH (fillfactor = 10);

-- Events that can never be applied, in view until someone acts.
CREATE TABLE receiver_parked (
    county    text COLLATE "C" NOT NULL,
    topic     text NOT NULL,
    position  bigint NOT NULL,
    kind      text NOT NULL,
    payload   bytea NOT NULL,
    trace     text,
    reason    text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (county, topic, position)
);
