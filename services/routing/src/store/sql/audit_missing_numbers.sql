-- The numbers of a day's series up to its last of which there is no case.
SELECT named.number FROM generate_series(1, $3::integer) AS running
CROSS JOIN LATERAL (
    SELECT $2::text || '-' || lpad(running::text, greatest(4, length(running::text)), '0') AS number
) AS named
WHERE NOT EXISTS (SELECT FROM case_file WHERE county = $1 AND case_file.number = named.number)
ORDER BY running LIMIT $4
