-- A new account; none where there is one of this name or subject.
INSERT INTO account (county, name, person, post, agency, password, must_change, subject, created_at)
VALUES ($1, $2, $3, $4, $5, $6, true, $7, $8)
ON CONFLICT DO NOTHING
RETURNING name
