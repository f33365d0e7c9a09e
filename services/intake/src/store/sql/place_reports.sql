INSERT INTO case_report (county, report_id, case_id, source, source_ref)
SELECT $1, report_id, case_id, source, source_ref
FROM UNNEST($2::uuid[], $3::uuid[], $4::smallint[], $5::text[]) AS placed (report_id, case_id, source, source_ref)
ON CONFLICT (county, report_id) DO UPDATE SET case_id = EXCLUDED.case_id
