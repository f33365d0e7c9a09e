-- The cases of reports that were moved.
INSERT INTO case_of_report (county, report_id, case_id)
SELECT $1, moved.* FROM UNNEST($2::uuid[], $3::uuid[]) AS moved (report_id, case_id)
ON CONFLICT (county, report_id) DO UPDATE SET case_id = EXCLUDED.case_id
