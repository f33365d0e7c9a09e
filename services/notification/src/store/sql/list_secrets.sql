-- The later secrets of a county's endpoints, the oldest first.
SELECT agency, sealed_secret, before_until
FROM endpoint_secret
WHERE county = $1
ORDER BY agency, made_at
