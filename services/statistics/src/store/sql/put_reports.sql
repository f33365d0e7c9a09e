-- Reports as intake accepted them. A revision that is not newer than what is known changes nothing, so a
-- repeated batch is harmless.
INSERT INTO report_fact AS known
    (county, report_id, revision, source, area_code, category, repeat, occurred_at, accepted_at)
SELECT * FROM UNNEST(
    $1::text[], $2::uuid[], $3::int4[], $4::int2[], $5::text[], $6::text[], $7::bool[],
    $8::timestamptz[], $9::timestamptz[])
ON CONFLICT (county, report_id) DO UPDATE SET
    revision = EXCLUDED.revision,
    source = EXCLUDED.source,
    area_code = EXCLUDED.area_code,
    category = EXCLUDED.category,
    repeat = EXCLUDED.repeat,
    occurred_at = EXCLUDED.occurred_at,
    -- A later revision does not move the report into another window; LEAST passes over nulls.
    accepted_at = LEAST(known.accepted_at, EXCLUDED.accepted_at)
WHERE EXCLUDED.revision > coalesce(known.revision, 0)
