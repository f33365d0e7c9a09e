-- Keeps a reading of a protected case, unless another came first.
INSERT INTO case_reading (county, case_id, sequence, at, actor, capacity, purpose, seal)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (county, case_id, sequence) DO NOTHING
