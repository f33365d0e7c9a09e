-- Takes what is due for some lanes' queues, as much as each has room for. With $6, also what is believed
-- to be on a queue that may have been lost.
WITH due AS (
    SELECT chosen.county, chosen.push_id
    FROM UNNEST($2::text[], $3::smallint[], $4::smallint[], $5::bigint[]) AS lane (agency, lowest, highest, room)
    CROSS JOIN LATERAL (
        SELECT county, push_id
        FROM push_delivery AS d
        WHERE county = $1 AND d.agency = lane.agency AND level BETWEEN lane.lowest AND lane.highest
            AND delivery = 1 AND next_attempt_at <= now() AND lease_until <= now()
            AND ($6 OR queue_at <= now())
        ORDER BY queue_at
        LIMIT lane.room
        FOR UPDATE SKIP LOCKED
    ) AS chosen
)
UPDATE push_delivery AS d
SET queue_at = now() + $7 * interval '1 millisecond'
FROM due
WHERE d.county = due.county AND d.push_id = due.push_id
RETURNING d.push_id, d.agency, d.level, d.requested_at
