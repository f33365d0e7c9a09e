-- What linkage kept of reports.
SELECT link.report_id, link.traits
FROM UNNEST($2::uuid[]) AS asked (report_id)
CROSS JOIN LATERAL (
    SELECT report_id, traits FROM report_link WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS link
