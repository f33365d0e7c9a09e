-- The reports of a meeting, in the order of their references.
SELECT report.report_id, report.source_ref, report.occurred_at, report.case_id, case_file.number, case_file.state
FROM case_report AS report
JOIN case_file ON case_file.county = report.county AND case_file.id = report.case_id
WHERE report.county = $1 AND report.source = 9 AND report.source_ref LIKE $2
  AND report.source_ref COLLATE "C" > $4
ORDER BY report.source_ref COLLATE "C"
LIMIT $3
