-- All that a batch must know, in one round trip. Kinds of rows:
--   -1  the county's turn in which all this is so, in the place of a position
--    0  a report of the batch ($2, $3) that is there
--    1  one of the keys ($4) that reports have, with the newest $5 of them: an array, since a row for each would cost more
--       than all the rest
--    2  such a report itself, once
--    3  two clusters of such reports that an officer has said are not the same
-- The limits keep the look-ups by key, whatever the planner believes of a table.
WITH found AS MATERIALIZED (
    SELECT asked.position, ARRAY(
        SELECT link_key.report_id FROM link_key
        WHERE link_key.county = $1 AND link_key.key = asked.key
        ORDER BY link_key.report_id DESC
        LIMIT $5
    ) AS report_ids
    FROM UNNEST($4::bigint[]) WITH ORDINALITY AS asked (key, position)
), earlier AS MATERIALIZED (
    SELECT one.*
    FROM (SELECT DISTINCT UNNEST(report_ids) AS report_id FROM found) AS named
    CROSS JOIN LATERAL (
        SELECT report_id, occurred_at, person_id, household_id, cluster_id, traits FROM report_link
        WHERE report_link.county = $1 AND report_link.report_id = named.report_id
        LIMIT 1
    ) AS one
)
SELECT -1::smallint AS kind, COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS position,
       NULL::uuid AS report_id, NULL::timestamptz AS occurred_at,
       NULL::uuid AS person_id, NULL::uuid AS household_id, NULL::uuid AS cluster_id, NULL::bytea AS traits,
       NULL::integer AS revision, NULL::bytea AS fingerprint, NULL::boolean AS repeat, NULL::jsonb AS link_reasons,
       NULL::uuid AS follows_cluster_id, TRUE AS open, NULL::timestamptz AS takes_until, NULL::uuid[] AS report_ids
UNION ALL
SELECT 0::smallint, asked.position, held.report_id, held.occurred_at,
       link.person_id, link.household_id, held.cluster_id, link.traits,
       held.revision, held.fingerprint, held.repeat, held.link_reasons,
       held.follows_cluster_id, COALESCE(told.open, TRUE), told.takes_until, NULL
FROM UNNEST($2::smallint[], $3::text[]) WITH ORDINALITY AS asked (source, source_ref, position)
CROSS JOIN LATERAL (
    SELECT * FROM report
    WHERE report.county = $1 AND report.source = asked.source AND report.source_ref = asked.source_ref
    LIMIT 1
) AS held
LEFT JOIN LATERAL (
    SELECT person_id, household_id, traits FROM report_link WHERE county = $1 AND report_id = held.report_id LIMIT 1
) AS link ON TRUE
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = held.cluster_id LIMIT 1
) AS told ON TRUE
UNION ALL
SELECT 1::smallint, found.position, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, TRUE, NULL, found.report_ids
FROM found
WHERE cardinality(found.report_ids) > 0
UNION ALL
SELECT 2::smallint, 0, earlier.report_id, earlier.occurred_at, earlier.person_id, earlier.household_id,
       earlier.cluster_id, earlier.traits, NULL, NULL, NULL, NULL, NULL, COALESCE(told.open, TRUE), told.takes_until, NULL
FROM earlier
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = earlier.cluster_id LIMIT 1
) AS told ON TRUE
UNION ALL
SELECT 3::smallint, link_apart.kind, NULL, NULL, link_apart.one, link_apart.other, NULL, NULL, NULL, NULL, NULL, NULL, NULL, TRUE, NULL, NULL
FROM link_apart
WHERE link_apart.county = $1 AND link_apart.one IN (
    SELECT UNNEST(ARRAY[earlier.person_id, earlier.household_id, earlier.cluster_id]) FROM earlier
)
