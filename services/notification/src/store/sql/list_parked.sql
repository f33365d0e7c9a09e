-- The county's parked pushes after a place in the order: longest parked first.
SELECT
    p.push_id, p.subject, p.case_id, p.case_number, p.agency, p.form, p.level, p.area_code, p.area_name, p.category,
    p.reason, p.requested_at, p.due_at, d.delivery, p.receipt, d.delivered_at, p.signed_at, p.returned_at,
    p.return_reason, p.feedback_at, d.parked_at, d.attempts, d.failures, d.last_error, p.traceparent, p.form_number,
    p.drill, p.sign_by, p.answer_by, p.sealed_matter
FROM push_delivery AS d
CROSS JOIN LATERAL (SELECT * FROM push WHERE push.county = d.county AND push.push_id = d.push_id LIMIT 1) AS p
WHERE d.county = $1 AND d.delivery = 3 AND (d.parked_at, d.push_id) > ($2, $3)
ORDER BY d.parked_at, d.push_id
LIMIT $4
