-- Counts a try before its password is looked at, so that many at once are not more than one after the other. No row:
-- it is too early. $4 are the waits in seconds after the first, second, … try; $5 is when an old failure is forgotten.
INSERT INTO sign_in_failure AS known (county, name, failures, retry_at, last_at)
VALUES ($1, $2, 1, $3::timestamptz + ($4::float8[])[1] * interval '1 second', $3)
ON CONFLICT (county, name) DO UPDATE
SET failures = CASE WHEN known.last_at < $5 THEN 1 ELSE known.failures + 1 END,
    retry_at = $3::timestamptz + ($4::float8[])[
        CASE WHEN known.last_at < $5 THEN 1 ELSE least(known.failures + 1, cardinality($4::float8[])) END
    ] * interval '1 second',
    last_at = $3
WHERE known.retry_at <= $3
RETURNING failures
