-- Which of these pushes and forms ($2) speak of a protected case, and of which. Of what was said of a case the newest
-- holds. One by one, so that the planner has no way but the key, whatever it believes of the tables.
WITH asked AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key.
    SELECT $1::text AS county, id FROM UNNEST($2::uuid[]) AS asked (id)
)
SELECT spoken.id, spoken.case_id
FROM (
    SELECT push_id AS id, case_id FROM asked
    JOIN push ON push.county = asked.county AND push.push_id = asked.id
    WHERE push.subject = 1
    UNION
    -- A form by hand has a push without a case.
    SELECT form_id, case_id FROM asked
    JOIN form ON form.county = asked.county AND form.form_id = asked.id
    WHERE form.case_id IS NOT NULL
) AS spoken
LEFT JOIN LATERAL (
    SELECT version FROM protected_case AS one WHERE one.county = $1 AND one.case_id = spoken.case_id LIMIT 1
) AS held ON true
LEFT JOIN LATERAL (
    SELECT version, protected FROM case_progress AS one WHERE one.county = $1 AND one.case_id = spoken.case_id LIMIT 1
) AS stands ON true
WHERE CASE
    WHEN stands.version >= coalesce(held.version, 0) THEN stands.protected
    ELSE held.version IS NOT NULL
END
