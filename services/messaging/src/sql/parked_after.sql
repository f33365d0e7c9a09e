SELECT position, kind, payload, trace
FROM receiver_parked
WHERE county = $1 AND topic = $2 AND position > $3
ORDER BY position
LIMIT $4
