-- Limits of which it is told now ($2) that they near, at most $3 and the longest waiting first: each by whoever looks first. How
-- the county calls the form stands in the form.
WITH near AS (
    SELECT county, push_id
    FROM push
    WHERE county = $1 AND limit_at <= $2
    ORDER BY limit_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), told AS (
    UPDATE push
    SET limit_at = NULL
    FROM near
    WHERE push.county = near.county AND push.push_id = near.push_id
    RETURNING push.county, push.push_id, push.subject, push.case_id, push.agency, push.form, push.form_number, push.level,
        push.area_code, push.requested_at, push.receipt, push.signed_at, push.sign_by, push.answer_by, push.traceparent
)
SELECT told.*, held.title AS form_title
FROM told
LEFT JOIN LATERAL (
    SELECT title FROM form WHERE form.county = told.county AND form.form_id = told.push_id LIMIT 1
) AS held ON true
