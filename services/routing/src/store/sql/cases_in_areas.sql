-- One case for each area ($2; $3 with the zeros that fill it up) that has any, where $4 one that is not over.
SELECT area.code AS area_code, held.number
FROM UNNEST($2::text[], $3::text[], $4::boolean[]) AS area (code, filled, only_open)
CROSS JOIN LATERAL (
    SELECT case_file.number
    FROM (
        SELECT $1::text AS county, code FROM UNNEST(ARRAY[area.code, area.filled]) AS w (code) OFFSET 0
    ) AS written
    JOIN case_file ON case_file.county = written.county AND case_file.area_code = written.code
    WHERE NOT area.only_open OR case_file.state IN (1, 2)
    LIMIT 1
) AS held
