-- The push of a form that was issued by hand. Queued by the one who inserts, and should that get lost, by the sweeper
-- after $12 milliseconds.
WITH on_way AS (
    INSERT INTO push_delivery (county, push_id, agency, subject, case_id, level, requested_at, queue_at)
    VALUES ($1, $2, $4, $10, $2, $6, $8, now() + $12 * interval '1 millisecond')
)
INSERT INTO push (
    county, push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason, requested_at,
    due_at, sealed_matter, subject, form_number, drill, sign_by, answer_by, limit_at,
    answer_told
) VALUES (
    $1, $2, $2, $3, $4, $5, $6, '', '', '', $7, $8, $8, $9, $10, $11, $13, $14, $15, $16, $17
)
