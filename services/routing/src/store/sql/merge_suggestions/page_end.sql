-- The last of the next $3 decisions after one, joins and splits.
SELECT (array_agg(decision_id ORDER BY decision_id DESC))[1] FROM (
    (SELECT decision_id FROM cluster_join WHERE county = $1 AND parted_by IS NULL AND decision_id > $2
     ORDER BY decision_id LIMIT $3)
    UNION ALL
    (SELECT decision_id FROM cluster_split WHERE county = $1 AND NOT taken_back AND decision_id > $2
     ORDER BY decision_id LIMIT $3)
    ORDER BY decision_id LIMIT $3
) AS page
