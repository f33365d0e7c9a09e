-- A page of where reports belong, in the order of acceptance.
SELECT report_link.report_id, report_link.source, held.source_ref, report_link.person_id, report_link.household_id, report_link.cluster_id
FROM report_link
CROSS JOIN LATERAL (
    SELECT source_ref FROM report WHERE report.county = $1 AND report.report_id = report_link.report_id LIMIT 1
) AS held
WHERE report_link.county = $1 AND report_link.report_id > $2
ORDER BY report_link.report_id
LIMIT $3
