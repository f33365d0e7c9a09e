-- Reports by id, with the case that each is known to be in.
SELECT held.report_id, held.source, held.source_ref, placed.case_id
FROM UNNEST($2::uuid[]) AS asked (report_id)
CROSS JOIN LATERAL (
    SELECT report_id, source, source_ref FROM report WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS held
LEFT JOIN LATERAL (
    SELECT case_id FROM case_report WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS placed ON TRUE
