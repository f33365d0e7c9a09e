-- A replay is a try of its own, and changes nothing else about the push. Nothing where another took its number meanwhile.
WITH counted AS (
    UPDATE push_delivery SET attempts = attempts + 1
    WHERE county = $1 AND push_id = $2
    RETURNING attempts
)
INSERT INTO delivery_attempt (
    county, push_id, number, at, channel, delivered, http_status, error, duration_ms, sealed_answer
)
SELECT $1, $2, coalesce(counted.attempts, tried.attempts + 1, 1), $3, $4, $5, $6, $7, $8, $9
FROM push
LEFT JOIN counted ON true
CROSS JOIN LATERAL tries_of($1, $2) AS tried
WHERE county = $1 AND push_id = $2
ON CONFLICT (county, push_id, number) DO NOTHING
RETURNING number
