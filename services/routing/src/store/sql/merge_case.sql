-- Everything of a case ($2) goes to another ($3), and so does what had been merged into it.
WITH reports AS (
    UPDATE case_report SET case_id = $3, home_case = COALESCE(home_case, case_id) WHERE county = $1 AND case_id = $2
), pushes AS (
    UPDATE case_push SET case_id = $3, home_case = COALESCE(home_case, case_id) WHERE county = $1 AND case_id = $2
), onward AS (
    UPDATE case_merger SET goes_to = $3 WHERE county = $1 AND goes_to = $2 AND undone_at IS NULL
)
INSERT INTO case_merger (county, from_case, into_case, goes_to, cluster_id, turn, merged_at)
VALUES ($1, $2, $3, $3, $4, $5, $6)
