-- One case for each area ($2; $3 with the zeros that fill it up) that has any, where $4 one that is not over.
SELECT area.code AS area_code, held.number
FROM UNNEST($2::text[], $3::text[], $4::boolean[]) AS area (code, filled, only_open)
CROSS JOIN LATERAL (
    SELECT number FROM case_file
    WHERE county = $1 AND area_code = ANY (ARRAY[area.code, area.filled]) AND (NOT area.only_open OR state IN (1, 2))
    LIMIT 1
) AS held
