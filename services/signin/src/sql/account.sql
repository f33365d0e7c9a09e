SELECT name, person, post, agency, password, must_change, subject, locked_at, created_at
FROM account
WHERE county = $1 AND name = $2
