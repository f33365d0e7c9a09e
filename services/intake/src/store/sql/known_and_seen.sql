-- All that a batch must know, in one round trip: which of its reports are there (kind 0), and for each clue
-- (kind 1 phone, 2 id number, 3 address) the latest report that counts; where the cluster of that one does not take
-- what was told when the clue was, also the latest of one that does. What counts: a report within the window ($10
-- hours) around the clue's time, and an earlier one ($11 hours at most) of a cluster that takes the clue's report or
-- took some until a window before it. The first row (kind -1) gives the county's turn in which all this is so, in the
-- place of a position.
-- What is asked of each kind of clue stands in seen_by_clue.sql. The limits keep the look-ups by key, whatever the
-- planner believes of a table.
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
