-- Reads a push for a command; nobody else changes it before this transaction ends.
SELECT
    p.push_id, p.subject, p.case_id, p.case_number, p.agency, p.form, p.level, p.area_code, p.area_name, p.category,
    p.reason, p.requested_at, p.due_at, d.delivery, p.receipt, d.delivered_at, p.signed_at, p.returned_at,
    p.return_reason, p.feedback_at, d.parked_at, d.attempts, d.failures, d.last_error, p.traceparent, p.form_number,
    p.drill, p.sign_by, p.answer_by, p.sealed_matter, p.evidence_for
FROM push AS p
JOIN push_delivery AS d ON d.county = $1 AND d.push_id = $2
WHERE p.county = $1 AND p.push_id = $2
FOR UPDATE
