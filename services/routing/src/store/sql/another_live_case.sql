-- The number of another case of a cluster that takes its reports.
SELECT number FROM case_file WHERE county = $1 AND cluster_id = $2 AND state IN (1, 2) AND id <> $3 LIMIT 1
