-- One case's pushes after a place in the order: most dangerous first, then oldest.
SELECT
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by,
    answer_by, sealed_matter
FROM push_now
WHERE county = $1 AND ($2::text IS NULL OR agency = $2) AND case_id = $3
    AND ($4::smallint IS NULL OR receipt = $4)
    AND level <= $5 AND (level < $5 OR (requested_at, push_id) > ($6, $7))
ORDER BY level DESC, requested_at, push_id
LIMIT $8
