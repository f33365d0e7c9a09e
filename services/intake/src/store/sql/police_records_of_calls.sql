-- All records of the calls $2 and of those that the dispatches $3 belong to.
WITH call AS (
    SELECT UNNEST($2::text[]) AS number
    UNION
    SELECT dispatch.call_number
    FROM UNNEST($3::text[]) AS named(number)
    JOIN police_record AS dispatch
      ON dispatch.county = $1 AND dispatch.kind = 2 AND dispatch.number = named.number
), own AS (
    SELECT call.number AS call, record.kind, record.number, record.sealed_form
    FROM call
    JOIN police_record AS record ON record.county = $1 AND record.call_number = call.number
)
SELECT call, kind, sealed_form FROM own
UNION ALL
-- Feedbacks that name their dispatch only.
SELECT own.call, feedback.kind, feedback.sealed_form
FROM own
JOIN police_record AS feedback ON feedback.county = $1 AND feedback.dispatch_number = own.number
WHERE own.kind = 2 AND feedback.call_number IS NULL
