-- A case's history after an entry, oldest first.
SELECT sequence, at, kind, actor, capacity, text, sealed_remark, trace_id
FROM case_history WHERE county = $1 AND case_id = $2 AND sequence > $3
ORDER BY sequence LIMIT $4
