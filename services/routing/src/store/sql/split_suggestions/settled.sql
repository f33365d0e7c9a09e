-- Of what is still asked ($2 is the kind of duty) that which has settled itself: the reports were split off or the others
-- went, the case is over, or the split was taken back.
SELECT asked.id, file.state IN (1, 2) AND NOT (held.gone AND held.others) AS parted
FROM duty
JOIN split_suggestion AS asked ON asked.county = $1 AND asked.id = duty.subject_id
JOIN cluster_split AS split ON split.county = $1 AND split.decision_id = asked.decision_id
JOIN case_file AS file ON file.county = $1 AND file.id = asked.case_id
CROSS JOIN LATERAL (
    SELECT COALESCE(bool_or(report.report_id = ANY (split.report_ids)), false) AS gone,
        COALESCE(bool_or(report.report_id <> ALL (split.report_ids)), false) AS others
    FROM case_report AS report WHERE report.county = $1 AND report.case_id = asked.case_id
) AS held
WHERE duty.county = $1 AND duty.kind = $2 AND duty.ended_at IS NULL
  AND (file.state NOT IN (1, 2) OR NOT (held.gone AND held.others) OR NOT still_split($1, split.decision_id))
LIMIT $3
