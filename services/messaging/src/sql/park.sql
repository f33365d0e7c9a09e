INSERT INTO receiver_parked (county, topic, position, kind, payload, trace, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
