-- The sources' own numbers of reports.
SELECT held.report_id, held.source_ref
FROM UNNEST($2::uuid[]) AS asked (report_id)
CROSS JOIN LATERAL (
    SELECT report_id, source_ref FROM report WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS held
