-- What became of tries: the attempt records and the pushes' next states, in one statement.
-- Endings: 1 delivered, 2 failed and tried again, 3 parked, 4 released.
-- That the agency has it is true whoever holds the claim by now; a failure counts only for its own claim.
WITH outcome AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
    SELECT $1::text AS county, o.*
    FROM UNNEST(
        $2::uuid[], $3::integer[], $4::smallint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
        $8::text[], $9::integer[], $10::text[], $11::integer[]
    ) AS o (push_id, attempt, ending, wait_ms, began_at, ended_at, channel, http_status, error, duration_ms)
), record AS (
    INSERT INTO delivery_attempt (
        county, push_id, number, at, channel, delivered, http_status, error, duration_ms
    )
    SELECT $1, push_id, attempt, began_at, channel, ending = 1, http_status, error, duration_ms
    FROM outcome
    ON CONFLICT (county, push_id, number) DO NOTHING
)
UPDATE push
SET delivery = CASE outcome.ending WHEN 1 THEN 2 WHEN 3 THEN 3 ELSE 1 END,
    delivered_at = CASE WHEN outcome.ending = 1 THEN coalesce(push.delivered_at, outcome.ended_at)
                        ELSE push.delivered_at END,
    parked_at = CASE WHEN outcome.ending = 3 THEN outcome.ended_at END,
    failures = push.failures + CASE WHEN outcome.ending IN (2, 3) THEN 1 ELSE 0 END,
    next_attempt_at = now() + outcome.wait_ms * interval '1 millisecond',
    lease_until = '-infinity',
    queue_at = now() + (outcome.wait_ms + CASE WHEN outcome.ending = 4 THEN $12 ELSE 0 END) * interval '1 millisecond',
    last_error = CASE WHEN outcome.ending = 1 THEN '' ELSE outcome.error END
FROM outcome
WHERE push.county = outcome.county AND push.push_id = outcome.push_id
    AND (
        outcome.ending = 1 AND push.delivery <> 2
        OR outcome.ending <> 1 AND push.delivery = 1 AND push.attempts = outcome.attempt
    )
RETURNING push.push_id, push.subject, push.case_id, push.agency, push.level, push.requested_at, push.traceparent,
    outcome.ending, outcome.ended_at
