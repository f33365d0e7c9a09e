-- Keeps events; one that is known already changes nothing. Says what the others are about, each thing once, and whether
-- something was known of it before.
-- $1 county  $2 ids  $3 entities  $4 kinds  $5 others  $6 ordinals  $7 happened_at  $8 bodies  $9 known_at
WITH told AS (
    SELECT *
    FROM UNNEST($2::uuid[], $3::int2[], $4::int2[], $5::uuid[], $6::int8[], $7::timestamptz[], $8::jsonb[])
        AS told (id, entity, kind, other, ordinal, happened_at, body)
), kept AS (
    INSERT INTO event (county, id, entity, kind, other, ordinal, happened_at, known_at, body)
    SELECT $1, id, entity, kind, other, ordinal, happened_at, $9, body FROM told
    ON CONFLICT DO NOTHING
    RETURNING entity, id
), things AS (
    SELECT DISTINCT entity, id FROM kept ORDER BY entity, id
)
SELECT things.entity, things.id, before.known IS NOT NULL AS known
FROM things
-- One by one, whatever the planner believes of the table. What is kept here is not seen here.
LEFT JOIN LATERAL (
    SELECT true AS known FROM event
    WHERE event.county = $1 AND event.entity = things.entity AND event.id = things.id
    LIMIT 1
) AS before ON true
