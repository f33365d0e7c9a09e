-- Reports to be looked at again.
INSERT INTO retention_kept (county, report_id)
SELECT $1, kept.report_id FROM UNNEST($2::uuid[]) AS kept (report_id)
ON CONFLICT (county, report_id) DO NOTHING
