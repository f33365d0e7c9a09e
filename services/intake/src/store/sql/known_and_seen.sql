-- All that a batch must know, in one round trip: which of its reports are there (kind 0), and for each clue
-- (kind 1 phone, 2 id number, 3 address) the latest report that counts; where the cluster of that one does not take
-- what was told when the clue was, also the latest of one that does. What counts: a report within the window ($10
-- hours) around the clue's time, and an earlier one ($11 hours at most) of a cluster that takes the clue's report or
-- took some until a window before it. The first row (kind -1) gives the county's turn in which all this is so, in the
-- place of a position.
-- Each clue is one step in its index; only where the newest report is of a cluster that is over it is walked down, in
-- the order wanted, and never further than 64 reports: a telephone that a whole office shares has thousands. The limits
-- keep the look-ups by key, whatever the planner believes of a table.
SELECT -1::smallint AS kind, COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS position,
       NULL::uuid AS report_id, NULL::uuid AS cluster_id, NULL::timestamptz AS occurred_at,
       NULL::integer AS revision, NULL::bytea AS fingerprint, NULL::jsonb AS link_reasons,
       NULL::uuid AS follows_cluster_id, TRUE AS open, NULL::timestamptz AS takes_until
UNION ALL
SELECT 0::smallint, asked.position, held.report_id, held.cluster_id, held.occurred_at,
       held.revision, held.fingerprint, held.link_reasons,
       held.follows_cluster_id, COALESCE(told.open, TRUE), told.takes_until
FROM UNNEST($2::smallint[], $3::text[]) WITH ORDINALITY AS asked (source, source_ref, position)
CROSS JOIN LATERAL (
    SELECT * FROM report
    WHERE report.county = $1 AND report.source = asked.source AND report.source_ref = asked.source_ref
    LIMIT 1
) AS held
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = held.cluster_id LIMIT 1
) AS told ON TRUE
UNION ALL
SELECT 1::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, NULL,
       seen.open, seen.takes_until
FROM UNNEST($4::bytea[], $5::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT party.report_id, party.cluster_id, party.occurred_at
    FROM party
    WHERE party.county = $1 AND party.role = 1 AND party.phone_key = clue.key
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
    ORDER BY party.occurred_at DESC, party.report_id DESC
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
                SELECT party.report_id, party.cluster_id, party.occurred_at
                FROM party
                WHERE NOT COALESCE(told.open, TRUE) AND COALESCE(told.takes_until < clue.at, TRUE)
                  AND party.county = $1 AND party.role = 1 AND party.phone_key = clue.key
                  AND party.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
                ORDER BY party.occurred_at DESC, party.report_id DESC
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
UNION ALL
SELECT 2::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, NULL,
       seen.open, seen.takes_until
FROM UNNEST($6::bytea[], $7::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT party.report_id, party.cluster_id, party.occurred_at
    FROM party
    WHERE party.county = $1 AND party.role = 1 AND party.id_key = clue.key
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
    ORDER BY party.occurred_at DESC, party.report_id DESC
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
                SELECT party.report_id, party.cluster_id, party.occurred_at
                FROM party
                WHERE NOT COALESCE(told.open, TRUE) AND COALESCE(told.takes_until < clue.at, TRUE)
                  AND party.county = $1 AND party.role = 1 AND party.id_key = clue.key
                  AND party.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
                ORDER BY party.occurred_at DESC, party.report_id DESC
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
UNION ALL
SELECT 3::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, NULL,
       seen.open, seen.takes_until
FROM UNNEST($8::bytea[], $9::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT report.report_id, report.cluster_id, report.occurred_at
    FROM report
    WHERE report.county = $1 AND report.address_key = clue.key
      AND report.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
    ORDER BY report.occurred_at DESC, report.report_id DESC
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
                SELECT report.report_id, report.cluster_id, report.occurred_at
                FROM report
                WHERE NOT COALESCE(told.open, TRUE) AND COALESCE(told.takes_until < clue.at, TRUE)
                  AND report.county = $1 AND report.address_key = clue.key
                  AND report.occurred_at BETWEEN clue.at - make_interval(hours => $11) AND clue.at + make_interval(hours => $10)
                ORDER BY report.occurred_at DESC, report.report_id DESC
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
