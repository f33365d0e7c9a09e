-- The rest of a statement that takes a receiver's step (messaging's in_step.sql). Its first row has no id and
-- says that the step is taken; the others are the new pushes.
--
-- Stores what routing asked for. A push that is here already stays as it is. One that an idle stream waits
-- for is claimed in the same breath, for $7 milliseconds; the others are queued by the one who inserts,
-- and should that get lost, by the sweeper after $6 milliseconds.
new AS (
    INSERT INTO push (
        county, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
        requested_at, due_at, traceparent, sealed_matter, subject, evidence_for, sign_by, answer_by, attempts,
        lease_until, queue_at
    )
    SELECT $1, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
        requested_at, due_at, traceparent, sealed_matter, subject, evidence_for, sign_by, answer_by,
        CASE WHEN claimed THEN 1 ELSE 0 END,
        CASE WHEN claimed THEN now() + $7 * interval '1 millisecond' ELSE '-infinity' END,
        now() + CASE WHEN claimed THEN $7 ELSE $6 END * interval '1 millisecond'
    FROM go CROSS JOIN UNNEST(
        $8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::smallint[], $13::smallint[], $14::text[], $15::text[],
        $16::text[], $17::text[], $18::timestamptz[], $19::timestamptz[], $20::text[], $21::bytea[], $22::boolean[],
        $23::smallint[], $24::integer[], $25::timestamptz[], $26::timestamptz[]
    ) AS asked (
        push_id, case_id, case_number, agency, form, level, area_code, area_name,
        category, reason, requested_at, due_at, traceparent, sealed_matter, claimed, subject, evidence_for,
        sign_by, answer_by
    )
    ON CONFLICT (county, push_id) DO NOTHING
    RETURNING push_id
)
SELECT NULL::uuid AS push_id FROM go UNION ALL SELECT push_id FROM new
