-- A case's reports with what they say, in the order in which they came.
SELECT report_id, revision, source, accepted_at, repeat, home_case, area_code, category, received_by, sealed_matter
FROM case_report WHERE county = $1 AND case_id = $2
ORDER BY accepted_at, report_id
