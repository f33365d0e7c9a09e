-- For each level: how many pushes wait, counted up to a bound, and since when the oldest does.
SELECT level.number::smallint AS level,
    (SELECT count(*) FROM (
        SELECT FROM push_delivery AS d WHERE county = $1 AND d.level = level.number AND delivery = 1 LIMIT $2
    ) AS counted) AS waiting,
    (SELECT extract(epoch FROM now() - requested_at)::double precision
     FROM push_delivery AS d
     WHERE county = $1 AND d.level = level.number AND delivery = 1
     ORDER BY requested_at
     LIMIT 1) AS oldest_seconds
FROM generate_series(0, 4) AS level (number)
