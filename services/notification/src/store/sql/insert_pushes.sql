-- Stores what routing asked for. A push that is here already stays as it is. The one who inserts also
-- queues; should that get lost, the sweeper does it after $2 milliseconds.
INSERT INTO push (
    county, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, traceparent, sealed_matter, queue_at
)
SELECT $1, asked.*, now() + $2 * interval '1 millisecond'
FROM UNNEST(
    $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::smallint[], $8::smallint[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::text[], $16::bytea[]
) AS asked
ON CONFLICT (county, push_id) DO NOTHING
RETURNING push_id
