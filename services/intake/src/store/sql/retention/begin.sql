-- Where the look begins, once for a county.
INSERT INTO retention_progress (county, report_id)
VALUES ($1, '00000000-0000-0000-0000-000000000000')
ON CONFLICT (county) DO NOTHING
