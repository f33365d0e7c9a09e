SELECT position, kind, payload, trace
FROM outbox_event
WHERE county = $1 AND position > $2
ORDER BY position
LIMIT $3
