-- Tries that brought their pushes: what is delivered has no row any more, and its try tells of it. Of an owner ($9) only while
-- its queue is held by hold_owners.sql.
-- A claimed push: that the agency has it is true whoever holds the claim by now.
WITH arrived AS (
    DELETE FROM push_delivery AS push
    USING (
        -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
        SELECT $1::text AS county, o.*
        FROM UNNEST(
            $2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::integer[], $8::integer[],
            $9::boolean[], $10::bytea[]
        ) AS o (
            push_id, attempt, began_at, ended_at, channel, http_status, duration_ms, owned, sealed_answer
        )
        OFFSET 0
    ) AS outcome
    WHERE push.county = outcome.county AND push.push_id = outcome.push_id AND push.delivery <> 2
    RETURNING outcome.*, push.attempts + 1 AS next_attempt
)
INSERT INTO delivery_attempt (
    county, push_id, number, at, channel, delivered, http_status, error, duration_ms, sealed_answer, delivered_at
)
SELECT $1, push_id, CASE WHEN owned THEN next_attempt ELSE attempt END, began_at, channel, true, http_status, '',
    duration_ms, sealed_answer, ended_at
FROM arrived
