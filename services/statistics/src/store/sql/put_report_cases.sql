-- Which case a report belongs to; the report itself may come later.
INSERT INTO report_fact AS known (county, report_id, case_id)
SELECT * FROM UNNEST($1::text[], $2::uuid[], $3::uuid[])
ON CONFLICT (county, report_id) DO UPDATE SET case_id = EXCLUDED.case_id
WHERE known.case_id IS DISTINCT FROM EXCLUDED.case_id
