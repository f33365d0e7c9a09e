-- The look has come so far.
UPDATE retention_progress SET report_id = $2 WHERE county = $1
