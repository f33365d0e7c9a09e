-- By when agencies ($3) owe what they owe of cases ($2), as it stands now: of the report forms (kind 1) that they were pushed
-- until then ($4), and of which something is still owed. Routing has their clocks, and is told of none.
UPDATE push
SET sign_by = told.sign_by, answer_by = told.answer_by, limit_at = NULL, answer_told = false
FROM (
    -- The county beside each case leaves the planner no way but the index, whatever it believes of the table.
    SELECT $1::text AS county, o.*
    FROM UNNEST($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
        AS o (case_id, agency, at, sign_by, answer_by)
    OFFSET 0
) AS told
WHERE push.county = told.county AND push.case_id = told.case_id AND push.agency = told.agency
    AND push.subject = 1 AND push.form = 1 AND push.requested_at <= told.at
    AND (push.receipt IN (1, 2) OR push.receipt = 4 AND push.last_outcome = 1)
RETURNING push.push_id, push.case_id, push.agency, told.at AS moved_at, push.sign_by, push.answer_by, push.traceparent
