-- Cases that joins ($2 to $3) show to be of one dispute, and of which nobody is or was asked: one row a pair. Nobody is
-- asked again after a person said no, of these cases or of these clusters, or took a merger of them back; an officer who
-- joins the clusters after that has said otherwise.
WITH told AS MATERIALIZED (
    SELECT decision_id, absorbed, kept, joined_at, decided_by, score, reasons,
        case_of_cluster($1, absorbed) AS case_of_absorbed, case_of_cluster($1, kept) AS case_of_kept
    FROM cluster_join
    WHERE county = $1 AND parted_by IS NULL AND decision_id > $2 AND decision_id <= $3
      AND (through IS NULL OR case_of_cluster($1, through) IS NULL)
    ORDER BY decision_id DESC LIMIT 1000
), pair AS (
    SELECT told.*, LEAST(case_of_absorbed, case_of_kept) AS one, GREATEST(case_of_absorbed, case_of_kept) AS other
    FROM told WHERE case_of_absorbed <> case_of_kept
)
SELECT DISTINCT ON (pair.one, pair.other) pair.decision_id, pair.absorbed, pair.kept, pair.joined_at, pair.decided_by,
    pair.score, pair.reasons, absorbed_case.id AS absorbed_case, absorbed_case.number AS absorbed_number,
    kept_case.id AS kept_case, kept_case.number AS kept_number, kept_case.area_code
FROM pair
JOIN case_file AS absorbed_case ON absorbed_case.county = $1 AND absorbed_case.id = pair.case_of_absorbed
JOIN case_file AS kept_case ON kept_case.county = $1 AND kept_case.id = pair.case_of_kept
WHERE NOT EXISTS (
    SELECT FROM merge_suggestion AS asked
    -- Not as "no = 0": then an index of duties besides cases would look as good as the key.
    JOIN duty ON duty.county = $1 AND duty.subject_id = asked.id AND duty.no < 1 AND duty.ended_at IS NULL
    WHERE asked.county = $1 AND asked.one = pair.one AND asked.other = pair.other
) AND NOT EXISTS (
    SELECT FROM merge_suggestion AS asked
    JOIN standing_duty AS said ON said.county = $1 AND said.id = asked.id AND said.outcome IS NOT NULL
    WHERE asked.county = $1
      AND ((asked.one = pair.one AND asked.other = pair.other)
        OR (asked.absorbed, asked.kept) IN ((pair.absorbed, pair.kept), (pair.kept, pair.absorbed)))
      AND (pair.decided_by = '' OR pair.joined_at <= said.recorded_at)
) AND NOT EXISTS (
    SELECT FROM case_merger AS merger
    WHERE merger.county = $1 AND merger.undone_at IS NOT NULL
      AND (merger.from_case, merger.into_case) IN ((pair.one, pair.other), (pair.other, pair.one))
      AND (pair.decided_by = '' OR pair.joined_at <= merger.undone_at)
)
ORDER BY pair.one, pair.other, pair.decision_id DESC
LIMIT $4
