-- Keeps who looked at something restricted, and why.
INSERT INTO standing_reading (county, id, at, actor, capacity, purpose, shown) VALUES ($1, $2, $3, $4, $5, $6, $7)
