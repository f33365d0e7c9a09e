-- A case's reports, in the order in which they came. Ids of one sender grow with time.
SELECT report_id, revision, source, source_ref, occurred_at, repeat, repeat_reasons
FROM case_report WHERE county = $1 AND case_id = $2
ORDER BY accepted_at, report_id LIMIT $3
