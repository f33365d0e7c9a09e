-- How far the look has come; nothing where another process is looking. Held until the end of the transaction.
SELECT report_id FROM retention_progress WHERE county = $1 FOR UPDATE SKIP LOCKED
