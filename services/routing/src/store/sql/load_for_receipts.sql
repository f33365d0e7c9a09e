-- The pushes that receipts speak of, with their cases, locked in the order of all batches.
WITH told AS MATERIALIZED (
    SELECT held.* FROM UNNEST($2::uuid[]) AS push (id) CROSS JOIN LATERAL (
        SELECT push_id, case_id, agency FROM case_push WHERE county = $1 AND push_id = push.id LIMIT 1
    ) AS held
), locked AS MATERIALIZED (
    SELECT one.* FROM (SELECT DISTINCT case_id FROM told ORDER BY case_id) AS wanted CROSS JOIN LATERAL (
        SELECT * FROM case_file WHERE county = $1 AND id = wanted.case_id FOR UPDATE
    ) AS one
)
SELECT told.push_id, told.agency AS push_agency, locked.*
FROM told JOIN locked ON locked.id = told.case_id
