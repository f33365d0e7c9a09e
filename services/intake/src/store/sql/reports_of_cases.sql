SELECT held.report_id, held.source, held.source_ref, held.case_id
FROM UNNEST($2::uuid[]) AS asked (case_id)
CROSS JOIN LATERAL (
    SELECT report_id, source, source_ref, case_id FROM case_report
    WHERE county = $1 AND case_id = asked.case_id
) AS held
