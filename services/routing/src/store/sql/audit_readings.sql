-- A page of all readings of protected cases in the order of cases and sequences, after a reading.
SELECT case_id, sequence, at, actor, capacity, purpose, seal FROM case_reading
WHERE county = $1 AND (case_id, sequence) > ($2, $3)
ORDER BY case_id, sequence LIMIT $4
