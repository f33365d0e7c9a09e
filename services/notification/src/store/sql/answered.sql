-- How each statement goes on by which an agency answers (sign.sql, return.sql, feedback.sql): the push as it is after it,
-- and whether it came with this answer.
arrived AS (
    -- Whoever answers it has it, so it counts as delivered: by this, where it still was on its way.
    DELETE FROM push_delivery AS d USING answered AS p
    WHERE d.county = $1 AND d.push_id = $2 AND p.push_id = d.push_id
    RETURNING d.delivery, d.attempts
)
SELECT
    p.push_id, p.subject, p.case_id, p.case_number, p.agency, p.form, p.level, p.area_code, p.area_name, p.category,
    p.reason, p.requested_at, p.due_at, 2::smallint AS delivery, p.receipt,
    least(tried.delivered_at, p.signed_at, p.returned_at, p.feedback_at) AS delivered_at, p.signed_at,
    p.returned_at, p.return_reason, p.feedback_at, NULL::timestamptz AS parked_at,
    coalesce(tried.attempts, arrived.attempts, 0) AS attempts, 0 AS failures, '' AS last_error, p.traceparent,
    p.form_number, p.drill, p.sign_by, p.answer_by, p.sealed_matter, coalesce(arrived.delivery, 2) <> 2 AS arrived
FROM answered AS p
LEFT JOIN arrived ON true
CROSS JOIN LATERAL tries_of($1, p.push_id) AS tried
