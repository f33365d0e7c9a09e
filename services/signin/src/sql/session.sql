-- The account of a session that has not ended by idleness ($3) or age ($4).
SELECT account.name, person, post, agency, password, must_change, subject, locked_at, created_at, session.seen_at
FROM sign_in_session AS session
JOIN account ON account.county = session.county AND account.name = session.name
WHERE session.county = $1 AND session.digest = $2 AND seen_at > $3 AND begun_at > $4 AND locked_at IS NULL
