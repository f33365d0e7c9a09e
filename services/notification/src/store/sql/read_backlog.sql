-- What waits for one agency: a page of each level that is wanted, behind a place in its order, without those that the owner
-- has already ($7). What came later than a push of its case and level that waits for its next try waits behind it.
SELECT
    wanted.level, page.requested_at, page.push_id, page.attempts, page.failures, p.subject, p.case_id, p.case_number, p.form,
    p.area_code, p.area_name, p.category, p.reason, p.due_at, p.traceparent, p.form_number, p.drill, p.sign_by,
    p.answer_by, p.sealed_matter
FROM UNNEST($3::smallint[], $4::timestamptz[], $5::uuid[]) AS wanted (level, after_at, after_id)
CROSS JOIN LATERAL (
    SELECT requested_at, push_id, attempts, failures
    FROM push_delivery AS d
    WHERE county = $1 AND d.agency = $2 AND d.level = wanted.level AND delivery = 1
        AND (requested_at, push_id) > (wanted.after_at, wanted.after_id)
        AND next_attempt_at <= now() AND lease_until <= now()
        AND push_id NOT IN (SELECT UNNEST($7::uuid[]))
        AND (
            -- Asked once, and mostly so: then not each of the page looks for one of its own case.
            NOT EXISTS (
                SELECT
                FROM push_delivery AS failed
                WHERE failed.county = $1 AND failed.agency = $2 AND failed.delivery = 1 AND failed.failures > 0
            )
            OR NOT EXISTS (
                SELECT
                FROM push_delivery AS earlier
                WHERE earlier.county = $1 AND earlier.agency = $2 AND earlier.case_id = d.case_id
                    AND earlier.level = d.level AND earlier.delivery = 1 AND earlier.failures > 0
                    AND earlier.next_attempt_at > now()
                    AND (earlier.requested_at, earlier.push_id) < (d.requested_at, d.push_id)
            )
        )
    ORDER BY requested_at, push_id
    LIMIT $6
) AS page
-- One by one, whatever the planner believes of the table.
CROSS JOIN LATERAL (SELECT * FROM push WHERE county = $1 AND push_id = page.push_id LIMIT 1) AS p
