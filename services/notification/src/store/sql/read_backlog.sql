-- What waits for one agency: a page of each level that is wanted, behind a place in its order. What came later than a
-- push of its case and level that waits for its next try waits behind it.
SELECT
    push_id, subject, case_id, case_number, agency, form, page.level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by, answer_by, sealed_matter
FROM UNNEST($3::smallint[], $4::timestamptz[], $5::uuid[]) AS wanted (level, after_at, after_id)
CROSS JOIN LATERAL (
    SELECT *
    FROM push
    WHERE county = $1 AND push.agency = $2 AND push.level = wanted.level AND delivery = 1
        AND (requested_at, push_id) > (wanted.after_at, wanted.after_id)
        AND next_attempt_at <= now() AND lease_until <= now()
        AND NOT EXISTS (
            SELECT
            FROM push AS earlier
            WHERE earlier.county = $1 AND earlier.agency = $2 AND earlier.case_id = push.case_id
                AND earlier.level = push.level AND earlier.delivery = 1 AND earlier.failures > 0
                AND earlier.next_attempt_at > now()
                AND (earlier.requested_at, earlier.push_id) < (push.requested_at, push.push_id)
        )
    ORDER BY requested_at, push_id
    LIMIT $6
) AS page
