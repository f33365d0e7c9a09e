-- Open cases that hold reports which splits ($2 to $3) took out of a dispute, and others beside them, and of which nobody is
-- asked. Nobody is asked again after a person said that they stay, or split them off and took that back.
SELECT split.decision_id, split.decided_by, file.id AS case_id, file.number, file.area_code,
    array_agg(report.report_id ORDER BY report.occurred_at, report.report_id) AS report_ids
FROM cluster_split AS split
CROSS JOIN LATERAL UNNEST(split.report_ids) AS gone (report_id)
JOIN case_report AS report ON report.county = $1 AND report.report_id = gone.report_id
JOIN case_file AS file ON file.county = $1 AND file.id = report.case_id AND file.state IN (1, 2)
WHERE split.county = $1 AND split.decision_id > $2 AND split.decision_id <= $3 AND still_split($1, split.decision_id)
  AND EXISTS (
    SELECT FROM case_report AS other
    WHERE other.county = $1 AND other.case_id = file.id AND other.report_id <> ALL (split.report_ids)
) AND NOT EXISTS (
    SELECT FROM split_suggestion AS asked
    -- Not as "no = 0": then an index of duties besides cases would look as good as the key.
    JOIN duty ON duty.county = $1 AND duty.subject_id = asked.id AND duty.no < 1
    WHERE asked.county = $1 AND asked.case_id = file.id AND asked.decision_id = split.decision_id
      AND (duty.ended_at IS NULL OR duty.met)
)
GROUP BY split.decision_id, split.decided_by, file.id, file.number, file.area_code
ORDER BY split.decision_id, file.id
LIMIT $4
