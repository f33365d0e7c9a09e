-- Of duties of forms ($2) those that nobody owes any more: the case that the form tells of is resolved or over, or the form came
-- back, or was signed where that is what is owed ($3). A form by hand is of no case here.
SELECT wanted.id
FROM UNNEST($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT parent_id FROM standing_duty WHERE county = $1 AND id = wanted.id LIMIT 1
) AS standing
CROSS JOIN LATERAL (
    SELECT case_id, signed_at, returned_at FROM case_push WHERE county = $1 AND push_id = standing.parent_id LIMIT 1
) AS push
CROSS JOIN LATERAL (
    SELECT state FROM case_file WHERE county = $1 AND id = push.case_id LIMIT 1
) AS file
CROSS JOIN LATERAL (
    -- Not as "no = 0": then an index of duties besides cases would look as good as the key.
    SELECT kind FROM duty WHERE county = $1 AND subject_id = wanted.id AND no < 1 LIMIT 1
) AS owed
WHERE file.state <> 1 OR push.returned_at IS NOT NULL OR owed.kind = $3 AND push.signed_at IS NOT NULL
