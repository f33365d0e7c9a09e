-- The agency says what it did.
WITH said AS (
    INSERT INTO feedback (
        county, push_id, request_id, outcome, sealed_text, at, cannot_reason, substantive, attachments, actor, capacity
    )
    VALUES ($1, $2, $5, $6, $7, $3, $8, $9, $10, $11, $12)
)
UPDATE push
SET receipt = 4, feedback_at = $3, delivery = 2, delivered_at = coalesce(delivered_at, $3),
    parked_at = NULL, last_error = '', last_outcome = $6
WHERE county = $1 AND push_id = $2 AND receipt = $4
RETURNING
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by, answer_by, sealed_matter
