-- What an agency owes, as four numbers, each counted up to a bound: to sign, due before $4, late, returned since $5.
SELECT
    count(*) FILTER (WHERE receipt = 1) AS to_sign,
    count(*) FILTER (WHERE due > $3 AND due < $4) AS today,
    count(*) FILTER (WHERE due <= $3) AS late,
    (SELECT count(*) FROM (
        SELECT FROM push WHERE county = $1 AND agency = $2 AND receipt = 3 AND returned_at > $5 LIMIT $6
    ) AS counted) AS returned
FROM (
    SELECT receipt, CASE receipt WHEN 1 THEN sign_by ELSE answer_by END AS due
    FROM push
    WHERE county = $1 AND agency = $2 AND (receipt IN (1, 2) OR receipt = 4 AND last_outcome = 1)
    LIMIT $6
) AS owed
