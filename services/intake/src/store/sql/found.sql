-- What a batch must know first, in one round trip. The row without a report is the county's turn, in the place of a
-- position, with the count of news of
-- clusters, and what was found: of each key ($4) the newest reports, at most so many ($5), as two arrays side by side, since a row for
-- each would cost more than all the rest. The others are the reports of the batch ($2, $3) that
-- are there.
-- The limits keep the look-ups by key, whatever the planner believes of a table.
WITH found AS MATERIALIZED (
    SELECT array_agg(asked.position) AS positions, array_agg(hit.report_id) AS report_ids
    FROM UNNEST($4::bigint[]) WITH ORDINALITY AS asked (key, position)
    CROSS JOIN LATERAL (
        SELECT report_id FROM link_key WHERE county = $1 AND key = asked.key ORDER BY report_id DESC LIMIT $5
    ) AS hit
)
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS position,
       COALESCE((SELECT news FROM cluster_news WHERE county = $1), 0) AS news, found.positions, found.report_ids,
       NULL::uuid AS report_id, NULL::timestamptz AS occurred_at, NULL::uuid AS person_id, NULL::uuid AS household_id,
       NULL::uuid AS cluster_id, NULL::bytea AS traits, NULL::integer AS revision, NULL::bytea AS fingerprint,
       NULL::boolean AS repeat, NULL::jsonb AS link_reasons, NULL::uuid AS follows_cluster_id,
       NULL::boolean AS open, NULL::timestamptz AS takes_until, NULL::smallint AS lookup, NULL::bytea AS next_traits,
       NULL::bytea[] AS said, NULL::boolean AS detailed
FROM found
UNION ALL
SELECT asked.position, NULL, NULL, NULL, held.report_id, held.occurred_at,
       link.person_id, link.household_id, held.cluster_id, link.traits,
       held.revision, held.fingerprint, held.repeat, held.link_reasons,
       held.follows_cluster_id, COALESCE(told.open, TRUE), told.takes_until, link.lookup, link.next_traits,
       -- All that it has said and was made of.
       ARRAY(
           SELECT digest
           FROM (
               SELECT held.said AS digest
               UNION ALL
               SELECT unnest(ARRAY[fingerprint, said]) FROM report_revision
               WHERE report_revision.county = $1 AND report_revision.report_id = held.report_id
           ) AS digests
           WHERE digest IS NOT NULL
       ),
       held.sealed_details IS NOT NULL
FROM UNNEST($2::smallint[], $3::text[]) WITH ORDINALITY AS asked (source, source_ref, position)
CROSS JOIN LATERAL (
    SELECT * FROM report
    WHERE report.county = $1 AND report.source = asked.source AND report.source_ref = asked.source_ref
    LIMIT 1
) AS held
LEFT JOIN LATERAL (
    SELECT person_id, household_id, traits, lookup, next_traits FROM report_link WHERE county = $1 AND report_id = held.report_id LIMIT 1
) AS link ON TRUE
LEFT JOIN LATERAL (
    SELECT open, takes_until FROM cluster_case WHERE county = $1 AND cluster_id = held.cluster_id LIMIT 1
) AS told ON TRUE
