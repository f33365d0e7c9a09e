-- The pushes that receipts speak of, with their cases, locked in the order of all batches.
WITH told AS MATERIALIZED (
    SELECT push_id, case_id, agency FROM case_push WHERE county = $1 AND push_id = ANY ($2::uuid[])
), locked AS MATERIALIZED (
    SELECT * FROM case_file WHERE county = $1 AND id IN (SELECT case_id FROM told) ORDER BY id FOR UPDATE
)
SELECT told.push_id, told.agency AS push_agency, locked.*
FROM told JOIN locked ON locked.id = told.case_id
