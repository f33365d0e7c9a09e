-- A page of all histories in the order of cases and sequences, after an entry.
SELECT case_id, sequence, at, kind, actor, capacity, text, sealed_remark, trace_id, batch, seal FROM case_history
WHERE county = $1 AND (case_id, sequence) > ($2, $3)
ORDER BY case_id, sequence LIMIT $4
