-- Cases by day or month of their opening.
-- $1 county  $2 generation  $3 span  $4 first day  $5 day after the last  $6 town, or empty for all
SELECT begins::text, sum(opened)::int8 AS opened, sum(settled)::int8 AS settled
FROM rolled_case_level
WHERE county = $1 AND generation = $2::int4 AND span = $3::int2
  AND begins >= $4::text::date AND begins < $5::text::date AND ($6::text = '' OR town = $6)
GROUP BY begins
