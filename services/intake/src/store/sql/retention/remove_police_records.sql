-- The police's own records of calls: of a call, of its dispatches, and of what these came to.
WITH calls AS MATERIALIZED (
    SELECT report.source_ref AS number FROM (SELECT $1::text AS county, id FROM UNNEST($2::uuid[]) AS n (id) OFFSET 0) AS gone
    JOIN report ON report.county = gone.county AND report.report_id = gone.id
    WHERE report.source = 1
), dispatches AS MATERIALIZED (
    SELECT police_record.number FROM calls
    JOIN police_record ON police_record.county = $1 AND police_record.call_number = calls.number AND police_record.kind = 2
), gone AS MATERIALIZED (
    SELECT $1::text AS county, 1::smallint AS kind, number FROM calls
    UNION
    SELECT record.county, record.kind, record.number FROM calls
    JOIN police_record AS record ON record.county = $1 AND record.call_number = calls.number
    UNION
    SELECT record.county, record.kind, record.number FROM dispatches
    JOIN police_record AS record ON record.county = $1 AND record.dispatch_number = dispatches.number
)
DELETE FROM police_record AS record USING gone
WHERE record.county = gone.county AND record.kind = gone.kind AND record.number = gone.number
