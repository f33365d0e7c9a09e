-- The agency has come: what waits for its next try need not wait any longer. One page.
WITH waiting AS (
    SELECT county, push_id
    FROM push_delivery
    WHERE county = $1 AND agency = $2 AND delivery = 1 AND level BETWEEN 0 AND 4 AND queue_at > now()
        AND next_attempt_at > now() AND lease_until <= now()
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE push_delivery AS d
SET next_attempt_at = now(), queue_at = now()
FROM waiting
WHERE d.county = waiting.county AND d.push_id = waiting.push_id
