-- Tries that changed no push any more, since another had delivered it or taken over: they happened all the same. A claimed
-- try has the number of its claim; an owner's ($11) gets one here, so that it takes none from the owner that took over. One
-- that is written down already, since it was not known whether it was, stays as it is.
WITH tried AS MATERIALIZED (
    SELECT $1::text AS county, o.*
    FROM UNNEST(
        $2::uuid[], $3::integer[], $4::timestamptz[], $5::text[], $6::boolean[], $7::integer[], $8::text[], $9::integer[],
        $10::bytea[], $11::boolean[]
    ) AS o (push_id, attempt, at, channel, delivered, http_status, error, duration_ms, sealed_answer, owned)
    WHERE NOT EXISTS (
        SELECT FROM delivery_attempt AS a
        WHERE a.county = $1 AND a.push_id = o.push_id AND a.at = o.at AND a.channel = o.channel
    )
), counted AS (
    UPDATE push_delivery AS d SET attempts = d.attempts + 1
    FROM tried
    WHERE d.county = tried.county AND d.push_id = tried.push_id AND tried.owned
    RETURNING d.push_id, d.attempts
)
INSERT INTO delivery_attempt (
    county, push_id, number, at, channel, delivered, http_status, error, duration_ms, sealed_answer
)
SELECT $1, tried.push_id,
    CASE WHEN tried.owned THEN coalesce(counted.attempts, before.attempts + 1, 1) ELSE tried.attempt END,
    tried.at, tried.channel, tried.delivered, tried.http_status, tried.error, tried.duration_ms, tried.sealed_answer
FROM tried
LEFT JOIN counted ON counted.push_id = tried.push_id
CROSS JOIN LATERAL tries_of($1, tried.push_id) AS before
ON CONFLICT (county, push_id, number) DO NOTHING
