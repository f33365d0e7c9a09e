DELETE FROM idempotent_answer WHERE county = $1 AND request_key = $2 AND begun_at = $3
