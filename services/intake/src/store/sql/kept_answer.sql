SELECT fingerprint, status, content_type, body FROM idempotent_answer WHERE county = $1 AND request_key = $2
