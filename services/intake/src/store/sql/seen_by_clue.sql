-- What was seen of one kind of clue: a part of known_and_seen.sql, once for each kind. What stands in braces differs.
-- Each clue is one step in its index; only where the newest report is of a cluster that is over it is walked down, in
-- the order wanted, and never further than 64 reports: a telephone that a whole office shares has thousands.
UNION ALL
SELECT {kind}::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, NULL,
       seen.open, seen.takes_until
FROM UNNEST({keys}::bytea[], {times}::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT {table}.report_id, {table}.cluster_id, {table}.occurred_at
    FROM {table}
    WHERE {table}.county = $1 AND {is_clue} = clue.key
      AND {table}.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
    ORDER BY {table}.occurred_at DESC, {table}.report_id DESC
    LIMIT 1
) AS newest
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = newest.cluster_id LIMIT 1
) AS told ON TRUE
CROSS JOIN LATERAL (
    SELECT newest.report_id, newest.cluster_id, newest.occurred_at, COALESCE(told.open, TRUE) AS open, told.takes_until
    WHERE COALESCE(told.open, TRUE) OR told.takes_until >= clue.at
    UNION ALL
    (
        SELECT DISTINCT ON (takes) report_id, cluster_id, occurred_at, open, takes_until
        FROM (
            SELECT walked.*, COALESCE(other.open, TRUE) AS open, other.takes_until,
                   COALESCE(other.open, TRUE) OR COALESCE(other.takes_until >= clue.at, FALSE) AS takes
            FROM (
                SELECT {table}.report_id, {table}.cluster_id, {table}.occurred_at
                FROM {table}
                WHERE NOT COALESCE(told.open, TRUE) AND COALESCE(told.takes_until < clue.at, TRUE)
                  AND {table}.county = $1 AND {is_clue} = clue.key
                  AND {table}.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
                ORDER BY {table}.occurred_at DESC, {table}.report_id DESC
                LIMIT 64
            ) AS walked
            LEFT JOIN LATERAL (
                SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = walked.cluster_id LIMIT 1
            ) AS other ON TRUE
        ) AS judged
        WHERE takes OR occurred_at >= clue.at - make_interval(hours => $10)
           OR takes_until >= clue.at - make_interval(hours => $10)
        ORDER BY takes, occurred_at DESC, report_id DESC
    )
) AS seen
