-- The police's own records of calls: of a call, of its dispatches, and of what these came to.
WITH calls AS MATERIALIZED (
    SELECT source_ref AS number FROM report WHERE county = $1 AND report_id = ANY ($2::uuid[]) AND source = 1
), dispatches AS MATERIALIZED (
    SELECT police_record.number FROM calls
    JOIN police_record ON police_record.county = $1 AND police_record.call_number = calls.number AND police_record.kind = 2
)
DELETE FROM police_record
WHERE county = $1 AND (
    (kind = 1 AND number IN (SELECT number FROM calls))
    OR call_number IN (SELECT number FROM calls)
    OR dispatch_number IN (SELECT number FROM dispatches)
)
