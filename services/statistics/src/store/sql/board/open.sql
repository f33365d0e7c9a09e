-- Cases that are open now, by town and level, and those of them that are over their limit.
-- $1 county  $2 generation  $3 now
SELECT left(area_code, 9) AS town, level, count(*) AS cases,
    count(*) FILTER (WHERE handle_due_at <= $3::timestamptz) AS late
FROM fact_case
WHERE county = $1 AND generation = $2::int4 AND state = 1 AND valid_until IS NULL AND NOT merged AND NOT drill
GROUP BY 1, 2
