-- An agency's accounts that are not locked.
SELECT name, person, post, agency, password, must_change, subject, locked_at, created_at
FROM account
WHERE county = $1 AND agency = $2 AND locked_at IS NULL
