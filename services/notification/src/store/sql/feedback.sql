-- The agency says what it did.
WITH said AS (
    INSERT INTO feedback (
        county, push_id, request_id, outcome, sealed_text, at, cannot_reason, substantive, attachments, actor, capacity
    )
    VALUES ($1, $2, $5, $6, $7, $3, $8, $9, $10, $11, $12)
), delivered AS (
    -- Whoever answers it has it, so it counts as delivered.
    UPDATE push_delivery AS d
    SET delivery = 2, delivered_at = coalesce(delivered_at, $3), parked_at = NULL, last_error = ''
    FROM push AS p
    WHERE d.county = $1 AND d.push_id = $2 AND p.county = $1 AND p.push_id = $2 AND p.receipt = $4
    RETURNING d.*
)
UPDATE push AS p
SET receipt = 4, feedback_at = $3, last_outcome = $6
FROM delivered AS d
WHERE p.county = $1 AND p.push_id = $2 AND p.receipt = $4
RETURNING
    p.push_id, p.subject, p.case_id, p.case_number, p.agency, p.form, p.level, p.area_code, p.area_name, p.category,
    p.reason, p.requested_at, p.due_at, d.delivery, p.receipt, d.delivered_at, p.signed_at, p.returned_at,
    p.return_reason, p.feedback_at, d.parked_at, d.attempts, d.failures, d.last_error, p.traceparent, p.form_number,
    p.drill, p.sign_by, p.answer_by, p.sealed_matter
