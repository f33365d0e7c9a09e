-- What an agency owes, as four numbers, each counted down an index of its own up to a bound, the earliest due first: to
-- sign, due before $4, late, returned since $5.
WITH owed AS NOT MATERIALIZED (
    SELECT sign_by AS due FROM push WHERE county = $1 AND agency = $2 AND receipt = 1
    UNION ALL
    SELECT answer_by FROM push
    WHERE county = $1 AND agency = $2 AND (receipt = 2 OR receipt = 4 AND last_outcome = 1)
)
SELECT
    (SELECT count(*) FROM (
        SELECT FROM push WHERE county = $1 AND agency = $2 AND receipt = 1 LIMIT $6
    ) AS counted) AS to_sign,
    (SELECT count(*) FROM (SELECT FROM owed WHERE due > $3 AND due < $4 LIMIT $6) AS counted) AS today,
    (SELECT count(*) FROM (SELECT FROM owed WHERE due <= $3 LIMIT $6) AS counted) AS late,
    (SELECT count(*) FROM (
        SELECT FROM push WHERE county = $1 AND agency = $2 AND receipt = 3 AND returned_at > $5 LIMIT $6
    ) AS counted) AS returned
