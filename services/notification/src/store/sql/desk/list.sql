-- A page of an agency's pushes after a place in the order, in one bucket: 1 to sign, 2 due before $4, 3 late,
-- 4 returned since $5, 5 all that is owed, 6 all. Most dangerous first, then oldest.
SELECT
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sealed_matter,
    sign_by, answer_by, last_outcome
FROM push_now
WHERE county = $1 AND agency = $2
    AND level <= $6 AND (level < $6 OR (requested_at, push_id) > ($7, $8))
    AND CASE $9::smallint
        WHEN 1 THEN receipt = 1
        WHEN 2 THEN (receipt IN (1, 2) OR receipt = 4 AND last_outcome = 1)
            AND CASE receipt WHEN 1 THEN sign_by ELSE answer_by END > $3
            AND CASE receipt WHEN 1 THEN sign_by ELSE answer_by END < $4
        WHEN 3 THEN (receipt IN (1, 2) OR receipt = 4 AND last_outcome = 1)
            AND CASE receipt WHEN 1 THEN sign_by ELSE answer_by END <= $3
        WHEN 4 THEN receipt = 3 AND returned_at > $5
        WHEN 5 THEN receipt IN (1, 2) OR receipt = 4 AND last_outcome = 1
        ELSE true
    END
ORDER BY level DESC, requested_at, push_id
LIMIT $10
