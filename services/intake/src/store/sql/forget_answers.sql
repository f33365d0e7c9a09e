DELETE FROM idempotent_answer AS held
USING (
    SELECT request_key FROM idempotent_answer WHERE county = $1 AND begun_at < $2 ORDER BY begun_at LIMIT 5000
) AS old
WHERE held.county = $1 AND held.request_key = old.request_key
