-- Tries that brought their pushes: what is delivered has no row any more, and its try tells of it.
-- A claimed push: that the agency has it is true whoever holds the claim by now.
-- A push of an owner: what an overtaken owner says changes nothing, and nobody takes over before this commits.
WITH held AS MATERIALIZED (
    SELECT agency, token
    FROM queue_owner
    WHERE county = $1 AND agency = ANY($2::text[])
    FOR SHARE
), arrived AS (
    DELETE FROM push_delivery AS push
    USING (
        -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
        SELECT $1::text AS county, o.*
        FROM UNNEST(
            $3::uuid[], $4::integer[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::integer[], $9::integer[],
            $10::bigint[], $11::bytea[]
        ) AS o (
            push_id, attempt, began_at, ended_at, channel, http_status, duration_ms, token, sealed_answer
        )
        OFFSET 0
    ) AS outcome
    WHERE push.county = outcome.county AND push.push_id = outcome.push_id AND push.delivery <> 2
        AND (
            outcome.token IS NULL
            OR EXISTS (SELECT FROM held WHERE held.agency = push.agency AND held.token = outcome.token)
        )
    RETURNING outcome.*, push.attempts + 1 AS next_attempt
)
INSERT INTO delivery_attempt (
    county, push_id, number, at, channel, delivered, http_status, error, duration_ms, sealed_answer, delivered_at
)
SELECT $1, push_id, CASE WHEN token IS NULL THEN attempt ELSE next_attempt END, began_at, channel, true, http_status, '',
    duration_ms, sealed_answer, ended_at
FROM arrived
