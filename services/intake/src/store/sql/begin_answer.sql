INSERT INTO idempotent_answer AS held (county, request_key, fingerprint, begun_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (county, request_key) DO UPDATE
SET fingerprint = EXCLUDED.fingerprint, begun_at = EXCLUDED.begun_at, status = NULL, content_type = NULL, body = NULL
WHERE held.begun_at < $5
   OR (held.status IS NULL AND held.begun_at < $6 AND held.fingerprint = EXCLUDED.fingerprint)
RETURNING TRUE
