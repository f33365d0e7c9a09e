-- Reports ($3) were split off a cluster ($2 is the decision, $4 the cluster): of the joins in it those are parted of which
-- one side has such reports and the other has none. Where a report is now or was before a merger, it is of that case's cluster.
WITH gone AS (
    SELECT DISTINCT file.cluster_id
    FROM case_report AS report
    JOIN case_file AS file ON file.county = $1 AND file.id IN (report.case_id, report.home_case)
    WHERE report.county = $1 AND report.report_id = ANY($3)
)
UPDATE cluster_join SET parted_by = $2
WHERE county = $1 AND parted_by IS NULL AND kept = $4
  AND (absorbed IN (SELECT cluster_id FROM gone)) <> (kept IN (SELECT cluster_id FROM gone))
