-- Keeps who reads what of a protected case, and why.
INSERT INTO protected_reading (county, id, at, actor, capacity, agency, push_id, case_id, what, purpose)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
