-- For each agency: how many pushes wait and are parked, counted up to a bound, and who owns its queue.
SELECT asked.agency,
    (SELECT count(*)::integer FROM (
        SELECT FROM push_delivery AS d WHERE county = $1 AND d.agency = asked.agency AND delivery = 1 AND level BETWEEN 0 AND 4
        LIMIT 10000
    ) AS counted) AS waiting,
    (SELECT count(*)::integer FROM (
        SELECT FROM push_delivery AS d WHERE county = $1 AND d.agency = asked.agency AND delivery = 3 LIMIT 10000
    ) AS counted) AS parked,
    CASE WHEN o.until > now() THEN o.owner END AS owner,
    o.token
FROM UNNEST($2::text[]) AS asked (agency)
LEFT JOIN queue_owner AS o ON o.county = $1 AND o.agency = asked.agency
