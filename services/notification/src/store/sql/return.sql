-- The agency refuses it, with a reason. Whoever can return it has it, so it counts as delivered.
UPDATE push
SET receipt = 3, returned_at = $3, return_reason = $5, return_text = $6, return_evidence = $7,
    delivery = 2, delivered_at = coalesce(delivered_at, $3), parked_at = NULL, last_error = '',
    returned_actor = $8, returned_capacity = $9
WHERE county = $1 AND push_id = $2 AND receipt = $4
RETURNING
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by, answer_by, sealed_matter
