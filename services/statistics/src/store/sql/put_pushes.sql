-- Pushes as they were requested; a receipt may have come before. What was requested never changes.
INSERT INTO push_fact AS known
    (county, push_id, case_id, agency, form, level, area_code, category, first_source, requested_at)
SELECT * FROM UNNEST(
    $1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::int2[], $6::int2[], $7::text[], $8::text[],
    $9::int2[], $10::timestamptz[])
ON CONFLICT (county, push_id) DO UPDATE SET
    case_id = EXCLUDED.case_id,
    agency = EXCLUDED.agency,
    form = EXCLUDED.form,
    level = EXCLUDED.level,
    area_code = EXCLUDED.area_code,
    category = EXCLUDED.category,
    first_source = EXCLUDED.first_source,
    requested_at = EXCLUDED.requested_at
WHERE known.requested_at IS NULL
