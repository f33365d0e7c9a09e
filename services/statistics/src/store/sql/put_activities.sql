-- Activities as intake accepted them. A revision that is not newer than what is known changes nothing, so a repeated
-- batch is harmless.
INSERT INTO activity_fact AS known
    (county, activity_id, revision, source, kind, area_code, agency, begun_at, minutes, count)
SELECT * FROM UNNEST(
    $1::text[], $2::uuid[], $3::int4[], $4::int2[], $5::int2[], $6::text[], $7::text[], $8::timestamptz[],
    $9::int4[], $10::int4[])
ON CONFLICT (county, activity_id) DO UPDATE SET
    revision = EXCLUDED.revision,
    source = EXCLUDED.source,
    kind = EXCLUDED.kind,
    area_code = EXCLUDED.area_code,
    agency = EXCLUDED.agency,
    begun_at = EXCLUDED.begun_at,
    minutes = EXCLUDED.minutes,
    count = EXCLUDED.count
WHERE EXCLUDED.revision > known.revision
