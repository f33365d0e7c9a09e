-- What became of tries that brought nothing: the attempt records and the pushes' next states, in one statement.
-- Endings: 2 failed and tried again, 3 parked, 4 released.
-- A claimed push: a failure counts only for its own claim. Of an owner ($13): only while its queue is held by
-- hold_owners.sql. A try that is written down already, since it was not known whether it was, counts no second time.
WITH outcome AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
    SELECT $1::text AS county, o.*
    FROM UNNEST(
        $2::uuid[], $3::integer[], $4::smallint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
        $8::text[], $9::integer[], $10::text[], $11::integer[], $13::boolean[], $14::bytea[]
    ) AS o (
        push_id, attempt, ending, wait_ms, began_at, ended_at, channel, http_status, error, duration_ms, owned,
        sealed_answer
    )
    WHERE NOT EXISTS (
        SELECT FROM delivery_attempt AS a
        WHERE a.county = $1 AND a.push_id = o.push_id AND a.at = o.began_at AND a.channel = o.channel
    )
), changed AS (
    UPDATE push_delivery AS push
    SET delivery = CASE outcome.ending WHEN 3 THEN 3 ELSE 1 END,
        parked_at = CASE WHEN outcome.ending = 3 THEN outcome.ended_at END,
        attempts = push.attempts + CASE WHEN outcome.owned THEN 1 ELSE 0 END,
        failures = push.failures + CASE WHEN outcome.ending IN (2, 3) THEN 1 ELSE 0 END,
        next_attempt_at = now() + outcome.wait_ms * interval '1 millisecond',
        lease_until = '-infinity',
        queue_at = now() + (outcome.wait_ms + CASE WHEN outcome.ending = 4 THEN $12 ELSE 0 END) * interval '1 millisecond',
        last_error = outcome.error
    FROM outcome
    WHERE push.county = outcome.county AND push.push_id = outcome.push_id
        -- Not asked as "= 1": then an index of what waits would look as good as the key.
        AND push.delivery < 2
        AND (outcome.owned OR push.attempts = outcome.attempt)
    RETURNING outcome.*, push.attempts AS next_attempt
), record AS (
    INSERT INTO delivery_attempt (
        county, push_id, number, at, channel, delivered, http_status, error, duration_ms, sealed_answer
    )
    SELECT $1, push_id, CASE WHEN owned THEN next_attempt ELSE attempt END, began_at, channel, false, http_status, error,
        duration_ms, sealed_answer
    FROM changed
    ON CONFLICT (county, push_id, number) DO NOTHING
)
SELECT push_id FROM changed
