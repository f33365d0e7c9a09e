-- One agency's pushes in the order of arrival, behind a place in it; with $5, only those that it has had, and of them, where
-- $6 and $7 are given, those that were brought since then but for that one.
SELECT
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by,
    answer_by, sealed_matter, arrival
FROM push_now
WHERE county = $1 AND agency = $2 AND arrival > $3
    AND (NOT $5 OR delivery = 2 AND delivered_at IS NOT NULL AND ($6::timestamptz IS NULL OR delivered_at >= $6 AND push_id <> $7::uuid))
ORDER BY arrival
LIMIT $4
