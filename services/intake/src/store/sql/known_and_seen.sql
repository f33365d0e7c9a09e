-- All that a batch must know, in one round trip: which of its reports are there (kind 0), and for each
-- clue the latest report within the window (kind 1 phone, 2 id number, 3 address); where the cluster of that one
-- does not take what was told when the clue was, also the latest of one that does. The first row (kind -1) gives
-- the county's turn in which all this is so, in the place of a position.
-- Each clue is one step in its index; only after a cluster that is over it is walked down, in the order wanted, to
-- the first that may be joined. The limits keep the look-ups by key, whatever the planner believes of a table.
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
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
    ORDER BY party.occurred_at DESC, party.report_id DESC
    LIMIT 1
) AS newest
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = newest.cluster_id LIMIT 1
) AS told ON TRUE
CROSS JOIN LATERAL (
    SELECT newest.report_id, newest.cluster_id, newest.occurred_at, COALESCE(told.open, TRUE) AS open, told.takes_until
    UNION ALL
    (
        SELECT party.report_id, party.cluster_id, party.occurred_at, COALESCE(other.open, TRUE), other.takes_until
        FROM party
        LEFT JOIN LATERAL (
            SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = party.cluster_id LIMIT 1
        ) AS other ON TRUE
        WHERE NOT COALESCE(told.open, TRUE) AND COALESCE(told.takes_until < clue.at, TRUE)
          AND party.county = $1 AND party.role = 1 AND party.phone_key = clue.key
          AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
          AND (COALESCE(other.open, TRUE) OR other.takes_until >= clue.at)
        ORDER BY party.occurred_at DESC, party.report_id DESC
        LIMIT 1
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
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
    ORDER BY party.occurred_at DESC, party.report_id DESC
    LIMIT 1
) AS newest
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = newest.cluster_id LIMIT 1
) AS told ON TRUE
CROSS JOIN LATERAL (
    SELECT newest.report_id, newest.cluster_id, newest.occurred_at, COALESCE(told.open, TRUE) AS open, told.takes_until
    UNION ALL
    (
        SELECT party.report_id, party.cluster_id, party.occurred_at, COALESCE(other.open, TRUE), other.takes_until
        FROM party
        LEFT JOIN LATERAL (
            SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = party.cluster_id LIMIT 1
        ) AS other ON TRUE
        WHERE NOT COALESCE(told.open, TRUE) AND COALESCE(told.takes_until < clue.at, TRUE)
          AND party.county = $1 AND party.role = 1 AND party.id_key = clue.key
          AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
          AND (COALESCE(other.open, TRUE) OR other.takes_until >= clue.at)
        ORDER BY party.occurred_at DESC, party.report_id DESC
        LIMIT 1
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
      AND report.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
    ORDER BY report.occurred_at DESC, report.report_id DESC
    LIMIT 1
) AS newest
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = newest.cluster_id LIMIT 1
) AS told ON TRUE
CROSS JOIN LATERAL (
    SELECT newest.report_id, newest.cluster_id, newest.occurred_at, COALESCE(told.open, TRUE) AS open, told.takes_until
    UNION ALL
    (
        SELECT report.report_id, report.cluster_id, report.occurred_at, COALESCE(other.open, TRUE), other.takes_until
        FROM report
        LEFT JOIN LATERAL (
            SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = report.cluster_id LIMIT 1
        ) AS other ON TRUE
        WHERE NOT COALESCE(told.open, TRUE) AND COALESCE(told.takes_until < clue.at, TRUE)
          AND report.county = $1 AND report.address_key = clue.key
          AND report.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
          AND (COALESCE(other.open, TRUE) OR other.takes_until >= clue.at)
        ORDER BY report.occurred_at DESC, report.report_id DESC
        LIMIT 1
    )
) AS seen
