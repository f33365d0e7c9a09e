SELECT
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by,
    answer_by, sealed_matter
FROM push_now
WHERE county = $1 AND push_id = $2
