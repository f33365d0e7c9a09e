-- Stores what routing asked for. A push that is here already stays as it is. One that an idle stream waits
-- for is claimed in the same breath, for $3 milliseconds; the others are queued by the one who inserts,
-- and should that get lost, by the sweeper after $2 milliseconds.
INSERT INTO push (
    county, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, traceparent, sealed_matter, attempts, lease_until, queue_at
)
SELECT $1, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, traceparent, sealed_matter,
    CASE WHEN claimed THEN 1 ELSE 0 END,
    CASE WHEN claimed THEN now() + $3 * interval '1 millisecond' ELSE '-infinity' END,
    now() + CASE WHEN claimed THEN $3 ELSE $2 END * interval '1 millisecond'
FROM UNNEST(
    $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::smallint[], $9::smallint[], $10::text[], $11::text[],
    $12::text[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::text[], $17::bytea[], $18::boolean[]
) AS asked (
    push_id, case_id, case_number, agency, form, level, area_code, area_name,
    category, reason, requested_at, due_at, traceparent, sealed_matter, claimed
)
ON CONFLICT (county, push_id) DO NOTHING
RETURNING push_id
