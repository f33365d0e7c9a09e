-- Reads a push for a command; nobody else answers it before this transaction ends. Whether it is still on its way may
-- change meanwhile: the statement that answers it says so.
SELECT
    p.push_id, p.subject, p.case_id, p.case_number, p.agency, p.form, p.level, p.area_code, p.area_name, p.category,
    p.reason, p.requested_at, p.due_at, CASE WHEN p.receipt = 1 THEN coalesce(d.delivery, 2) ELSE 2 END::smallint AS delivery,
    p.receipt, least(tried.delivered_at, p.signed_at, p.returned_at, p.feedback_at) AS delivered_at, p.signed_at,
    p.returned_at, p.return_reason, p.feedback_at, d.parked_at, coalesce(d.attempts, tried.attempts, 0) AS attempts,
    coalesce(d.failures, 0) AS failures, coalesce(d.last_error, '') AS last_error, p.traceparent, p.form_number, p.drill,
    p.sign_by, p.answer_by, p.sealed_matter, p.evidence_for
FROM push AS p
LEFT JOIN push_delivery AS d ON d.county = $1 AND d.push_id = $2
CROSS JOIN LATERAL tries_of($1, $2) AS tried
WHERE p.county = $1 AND p.push_id = $2
FOR UPDATE OF p
