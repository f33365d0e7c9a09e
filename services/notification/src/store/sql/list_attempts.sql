SELECT number, at, channel, delivered, http_status, error, duration_ms, sealed_answer
FROM delivery_attempt
WHERE county = $1 AND push_id = $2
ORDER BY number DESC
LIMIT $3
