-- Keeps what an agency sees of a family.
INSERT INTO family_signal (county, id, family_id, agency, raised_at, raised_by, sealed_words)
VALUES ($1, $2, $3, $4, $5, $6, $7)
