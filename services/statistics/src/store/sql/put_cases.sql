-- Cases as their newest change left them: the highest version wins, in whatever order they come.
INSERT INTO case_fact AS known
    (county, case_id, version, state, level, area_code, category, first_source, lead_agency,
     opened_at, resolved_at, closed_at, merged)
SELECT * FROM UNNEST(
    $1::text[], $2::uuid[], $3::int8[], $4::int2[], $5::int2[], $6::text[], $7::text[], $8::int2[],
    $9::text[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::bool[])
ON CONFLICT (county, case_id) DO UPDATE SET
    version = EXCLUDED.version,
    state = EXCLUDED.state,
    level = EXCLUDED.level,
    area_code = EXCLUDED.area_code,
    category = EXCLUDED.category,
    first_source = EXCLUDED.first_source,
    lead_agency = EXCLUDED.lead_agency,
    opened_at = EXCLUDED.opened_at,
    resolved_at = EXCLUDED.resolved_at,
    closed_at = EXCLUDED.closed_at,
    merged = EXCLUDED.merged
WHERE EXCLUDED.version > known.version
