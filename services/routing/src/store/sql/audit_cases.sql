-- A page of cases in the order of their ids, as far as their histories go.
SELECT id, number, history_count, history_seal, sealed_docket FROM case_file
WHERE county = $1 AND id > $2
ORDER BY id LIMIT $3
