-- Only while it is still who began it: one that took too long was begun anew by another.
UPDATE idempotent_answer SET status = $4, content_type = $5, body = $6
WHERE county = $1 AND request_key = $2 AND begun_at = $3
