-- Tries that changed no push any more, since another had delivered it or taken over: they happened all the same.
INSERT INTO delivery_attempt (
    county, push_id, number, at, channel, delivered, http_status, error, duration_ms, sealed_answer
)
SELECT $1, o.*
FROM UNNEST(
    $2::uuid[], $3::integer[], $4::timestamptz[], $5::text[], $6::boolean[], $7::integer[], $8::text[], $9::integer[],
    $10::bytea[]
) AS o
ON CONFLICT (county, push_id, number) DO NOTHING
