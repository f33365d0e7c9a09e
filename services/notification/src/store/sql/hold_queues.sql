-- Takes or keeps the queues of some agencies, those that nobody else holds. A queue that was let go, or whose lease
-- had ended, gets a higher token.
INSERT INTO queue_owner (county, agency, owner, token, until)
SELECT $1, agency, $2, 1, now() + $4 * interval '1 millisecond'
FROM UNNEST($3::text[]) AS wanted (agency)
ON CONFLICT (county, agency) DO UPDATE
SET owner = EXCLUDED.owner, until = EXCLUDED.until,
    token = queue_owner.token
        + CASE WHEN queue_owner.owner = EXCLUDED.owner AND queue_owner.until > now() THEN 0 ELSE 1 END
WHERE queue_owner.owner = EXCLUDED.owner OR queue_owner.until <= now()
RETURNING agency, token
