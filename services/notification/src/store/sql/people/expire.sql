-- The term of cases ($2) is over: whom they were told to goes, and what residents could see of them.
WITH messages AS (
    DELETE FROM person_message USING (SELECT $1::text AS county, id FROM UNNEST($2::uuid[]) AS n (id) OFFSET 0) AS gone
    WHERE person_message.county = gone.county AND case_id = gone.id AND subject = 1
)
DELETE FROM case_progress WHERE county = $1 AND case_id = ANY ($2::uuid[])
