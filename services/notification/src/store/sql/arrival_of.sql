-- From where an agency ($3) that has kept this push has to look for what it got behind it: where the push stands in the order of
-- arrival, or before it, where an older one was brought later, by its level or by a later try. Of the $4 that arrived before it.
-- And when it was brought; not known where it was not.
SELECT
    CASE WHEN named.delivered_at IS NULL THEN named.arrival
        ELSE least(named.arrival, (
            SELECT min(earlier.arrival) - 1
            FROM (
                SELECT arrival, delivered_at FROM push_now
                WHERE county = $1 AND agency = $3 AND arrival < named.arrival
                ORDER BY arrival DESC LIMIT $4
            ) AS earlier
            WHERE earlier.delivered_at >= named.delivered_at
        )) END AS arrival,
    named.delivered_at
FROM push_now AS named
WHERE county = $1 AND push_id = $2 AND agency = $3
