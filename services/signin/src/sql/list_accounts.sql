-- A page of accounts after a name.
SELECT name, person, post, agency, password, must_change, subject, locked_at, created_at
FROM account
WHERE county = $1 AND name > $2 AND ($3::text IS NULL OR agency = $3)
ORDER BY name
LIMIT $4
