-- The agency takes the assignment. Whoever can sign it has it, so it counts as delivered.
UPDATE push
SET receipt = 2, signed_at = $3, delivery = 2, delivered_at = coalesce(delivered_at, $3),
    parked_at = NULL, last_error = '', signed_actor = $5, signed_capacity = $6
WHERE county = $1 AND push_id = $2 AND receipt = $4
RETURNING
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by, answer_by, sealed_matter
