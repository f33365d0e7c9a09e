INSERT INTO endpoint_secret (county, agency, made_at, sealed_secret, before_until, made_by)
VALUES ($1, $2, $3, $4, $5, $6)
