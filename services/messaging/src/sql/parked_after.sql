-- What is parked for longer is for people to decide: meanwhile its case may be over, and its term too.
SELECT position, kind, payload, trace
FROM receiver_parked
WHERE county = $1 AND topic = $2 AND position > $3 AND parked_at > now() - interval '30 days'
ORDER BY position
LIMIT $4
