-- Who read a protected case, the newest first, before a reading.
SELECT case_id, sequence, at, actor, capacity, purpose, seal FROM case_reading
WHERE county = $1 AND case_id = $2 AND sequence < $3
ORDER BY sequence DESC LIMIT $4
