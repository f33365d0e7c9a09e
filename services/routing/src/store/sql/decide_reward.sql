-- Grants a reward or not.
UPDATE reward SET state = $3, decided_at = $4, decided_by = $5 WHERE county = $1 AND id = $2 AND state = 1
