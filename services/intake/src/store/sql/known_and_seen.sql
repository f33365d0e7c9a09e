-- All that a batch must know, in one round trip: which of its reports are there (kind 0), and for each
-- clue the latest report of an open cluster within the window (kind 1 phone, 2 id number, 3 address). The
-- first row (kind -1) gives the county's turn in which all this is so, in the place of a position.
-- Each clue is one walk down its index in the order wanted, which ends at the first open cluster.
SELECT -1::smallint AS kind, COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS position,
       NULL::uuid AS report_id, NULL::uuid AS cluster_id, NULL::timestamptz AS occurred_at,
       NULL::integer AS revision, NULL::bytea AS fingerprint, NULL::jsonb AS link_reasons, TRUE AS open
UNION ALL
SELECT 0::smallint, asked.position, held.report_id, held.cluster_id, held.occurred_at,
       held.revision, held.fingerprint, held.link_reasons,
       COALESCE((
           SELECT told.open FROM cluster_case AS told WHERE told.county = $1 AND told.cluster_id = held.cluster_id
       ), TRUE)
FROM UNNEST($2::smallint[], $3::text[]) WITH ORDINALITY AS asked (source, source_ref, position)
CROSS JOIN LATERAL (
    -- The limit keeps it a look-up by key for each one asked, whatever the planner believes of the table.
    SELECT * FROM report
    WHERE report.county = $1 AND report.source = asked.source AND report.source_ref = asked.source_ref
    LIMIT 1
) AS held
UNION ALL
SELECT 1::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, TRUE
FROM UNNEST($4::bytea[], $5::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT party.report_id, party.cluster_id, party.occurred_at
    FROM party
    WHERE party.county = $1 AND party.role = 1 AND party.phone_key = clue.key
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
      AND COALESCE((
          SELECT told.open FROM cluster_case AS told WHERE told.county = $1 AND told.cluster_id = party.cluster_id
      ), TRUE)
    ORDER BY party.occurred_at DESC, party.report_id DESC
    LIMIT 1
) AS seen
UNION ALL
SELECT 2::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, TRUE
FROM UNNEST($6::bytea[], $7::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT party.report_id, party.cluster_id, party.occurred_at
    FROM party
    WHERE party.county = $1 AND party.role = 1 AND party.id_key = clue.key
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
      AND COALESCE((
          SELECT told.open FROM cluster_case AS told WHERE told.county = $1 AND told.cluster_id = party.cluster_id
      ), TRUE)
    ORDER BY party.occurred_at DESC, party.report_id DESC
    LIMIT 1
) AS seen
UNION ALL
SELECT 3::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, TRUE
FROM UNNEST($8::bytea[], $9::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT report.report_id, report.cluster_id, report.occurred_at
    FROM report
    WHERE report.county = $1 AND report.address_key = clue.key
      AND report.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
      AND COALESCE((
          SELECT told.open FROM cluster_case AS told WHERE told.county = $1 AND told.cluster_id = report.cluster_id
      ), TRUE)
    ORDER BY report.occurred_at DESC, report.report_id DESC
    LIMIT 1
) AS seen
