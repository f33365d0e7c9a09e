-- Of zero reports those whose area told something through the grid's door in their time: it need not say that there
-- was nothing.
WITH asked AS MATERIALIZED (
    SELECT standing.id, standing.area_code, duty.started_at, duty.due_at
    FROM UNNEST($2::uuid[]) AS wanted (id)
    JOIN standing_duty AS standing ON standing.county = $1 AND standing.id = wanted.id
    -- Not as "no = 0": then an index of duties besides cases would look as good as the key.
    JOIN duty ON duty.county = $1 AND duty.subject_id = wanted.id AND duty.no < 1
), told AS MATERIALIZED (
    SELECT case_file.area_code, report.accepted_at
    FROM case_report AS report
    JOIN case_file ON case_file.county = report.county AND case_file.id = report.case_id
    WHERE report.county = $1 AND report.source = 3
      AND report.accepted_at >= (SELECT min(started_at) FROM asked)
      AND report.accepted_at < (SELECT max(due_at) FROM asked)
)
SELECT DISTINCT asked.id FROM asked JOIN told ON told.area_code = asked.area_code
WHERE told.accepted_at >= asked.started_at AND told.accepted_at < asked.due_at
