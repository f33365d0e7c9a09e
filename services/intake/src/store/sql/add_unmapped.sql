-- A field lists so many values at most; what comes after them is counted together.
INSERT INTO unmapped_value AS held (county, mapping, field, value, count, first_seen, last_seen)
SELECT county, mapping, field, listed, sum(count), min(first_seen), max(last_seen)
FROM (
    SELECT came.*,
           CASE WHEN EXISTS (SELECT FROM unmapped_value AS known
                             WHERE (known.county, known.mapping, known.field, known.value)
                                 = (came.county, came.mapping, came.field, came.value))
                  OR (SELECT count(*) FROM (SELECT FROM unmapped_value AS known
                                            WHERE (known.county, known.mapping, known.field)
                                                = (came.county, came.mapping, came.field)
                                            LIMIT 500) AS listed) < 500
                THEN value ELSE '' END AS listed
    FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
         AS came(county, mapping, field, value, count, first_seen, last_seen)
) AS came
GROUP BY county, mapping, field, listed
ORDER BY county, mapping, field, listed
ON CONFLICT (county, mapping, field, value) DO UPDATE
SET count = held.count + excluded.count, first_seen = LEAST(held.first_seen, excluded.first_seen),
    last_seen = GREATEST(held.last_seen, excluded.last_seen)
