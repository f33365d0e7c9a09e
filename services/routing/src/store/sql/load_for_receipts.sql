-- The pushes that receipts speak of, of cases with their cases, of one turn of the county. A reminder of a duty besides
-- cases has no case. At least one row.
WITH told AS MATERIALIZED (
    SELECT held.* FROM UNNEST($2::uuid[]) AS push (id) CROSS JOIN LATERAL (
        SELECT push_id, case_id, agency, form FROM case_push WHERE county = $1 AND push_id = push.id
        UNION ALL
        SELECT push_id, NULL, agency, form FROM duty_push WHERE county = $1 AND push_id = push.id
        LIMIT 1
    ) AS held
)
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT sealed FROM history_head WHERE county = $1) AS history_head,
    told.push_id, told.case_id AS push_case, told.agency AS push_agency, told.form AS push_form, held_case.*
FROM (SELECT) AS always
LEFT JOIN told ON true
LEFT JOIN LATERAL (SELECT * FROM case_file WHERE county = $1 AND id = told.case_id LIMIT 1) AS held_case ON true
