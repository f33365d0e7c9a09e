-- One page of the parked pushes that fit, longest parked first, waits for delivery again.
WITH parked AS (
    SELECT county, push_id
    FROM push_delivery AS d
    WHERE county = $1 AND delivery = 3
        AND ($2::text IS NULL OR agency = $2)
        AND ($4::timestamptz IS NULL OR parked_at < $4)
        AND ($6::timestamptz IS NULL OR parked_at >= $6)
        AND ($7::smallint IS NULL OR level = $7)
        AND ($8::smallint IS NULL OR $8 = (
            SELECT form FROM push AS p WHERE p.county = $1 AND p.push_id = d.push_id
        ))
    ORDER BY parked_at, push_id
    LIMIT $5
    FOR UPDATE SKIP LOCKED
)
UPDATE push_delivery AS d
SET delivery = 1, failures = 0, parked_at = NULL, next_attempt_at = now(), lease_until = '-infinity',
    queue_at = now() + $3 * interval '1 millisecond'
FROM parked
WHERE d.county = parked.county AND d.push_id = parked.push_id
RETURNING d.push_id, d.agency, d.level, d.requested_at
