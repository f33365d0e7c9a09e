-- The centre takes back the report forms (kind 1) that it pushed of cases ($2) to agencies ($3) until then ($4), and of which
-- something is still owed. What else it asked an agency for, such as to come to a whistle, stands for itself. It is not brought
-- any more. $5 says why, sealed, $6 who does it.
WITH told AS (
    -- The county beside each case leaves the planner no way but the index, whatever it believes of the table.
    SELECT $1::text AS county, o.*
    FROM UNNEST($2::uuid[], $3::text[], $4::timestamptz[], $5::bytea[]) AS o (case_id, agency, at, why)
    OFFSET 0
), recalled AS (
    UPDATE push
    SET receipt = 5, recalled_at = told.at, recalled_actor = $6, recall_text = told.why, limit_at = NULL
    FROM told
    WHERE push.county = told.county AND push.case_id = told.case_id AND push.agency = told.agency
        AND push.subject = 1 AND push.form = 1 AND push.requested_at <= told.at
        AND (push.receipt IN (1, 2) OR push.receipt = 4 AND push.last_outcome = 1)
    RETURNING push.push_id, push.subject, push.case_id, push.agency, push.recalled_at, push.traceparent
), on_way AS (
    DELETE FROM push_delivery AS d USING recalled WHERE d.county = $1 AND d.push_id = recalled.push_id
)
SELECT push_id, subject, case_id, agency, recalled_at, traceparent FROM recalled
