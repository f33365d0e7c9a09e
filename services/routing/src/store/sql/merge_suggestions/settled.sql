-- Of what is still asked ($2 is the kind of duty) that which has settled itself: the cases were merged, one of them is
-- over, or the clusters are two again.
SELECT asked.id, COALESCE(of_one.goes_to, asked.one) = COALESCE(of_other.goes_to, asked.other) AS merged
FROM duty
JOIN merge_suggestion AS asked ON asked.county = $1 AND asked.id = duty.subject_id
JOIN case_file AS one ON one.county = $1 AND one.id = asked.one
JOIN case_file AS other ON other.county = $1 AND other.id = asked.other
LEFT JOIN case_merger AS of_one
    ON of_one.county = $1 AND of_one.from_case = asked.one AND of_one.undone_at IS NULL
LEFT JOIN case_merger AS of_other
    ON of_other.county = $1 AND of_other.from_case = asked.other AND of_other.undone_at IS NULL
WHERE duty.county = $1 AND duty.kind = $2 AND duty.ended_at IS NULL
  AND (one.state NOT IN (1, 2) OR other.state NOT IN (1, 2) OR NOT EXISTS (
      SELECT FROM cluster_join
      WHERE cluster_join.county = $1 AND cluster_join.decision_id = asked.decision_id
        AND cluster_join.absorbed = asked.absorbed AND cluster_join.parted_by IS NULL
  ))
LIMIT $3
