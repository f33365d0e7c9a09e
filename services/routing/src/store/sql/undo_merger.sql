-- What belongs to a case ($2) or to what had been merged into it ($4) comes back from another case ($3).
WITH reports AS (
    UPDATE case_report SET case_id = $2, home_case = NULLIF(home_case, $2)
    WHERE county = $1 AND case_id = $3 AND home_case = ANY ($4::uuid[])
), pushes AS (
    UPDATE case_push SET case_id = $2, home_case = NULLIF(home_case, $2)
    WHERE county = $1 AND case_id = $3 AND home_case = ANY ($4::uuid[])
)
UPDATE case_merger SET
    undone_at = CASE WHEN from_case = $2 THEN $5::timestamptz END,
    goes_to = CASE WHEN from_case = $2 THEN goes_to ELSE $2 END
FROM (SELECT $1::text AS county, id FROM UNNEST($4::uuid[]) AS n (id) OFFSET 0) AS came
WHERE case_merger.county = came.county AND from_case = came.id AND undone_at IS NULL
