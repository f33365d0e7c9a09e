-- Everything that a batch of reports may change, in one round trip: the cases of reports that are here
-- already, and of each cluster the live case, the case that it was merged into, and the last one that is over,
-- each with its recent reports; and the number series of the days; all of one turn of the county. Always at
-- least one row. The lateral look-ups keep each one a step in an index, whatever the planner thinks of a
-- table that has just begun to grow.
WITH numbers AS (
    SELECT array_agg(day) AS days, array_agg(last) AS lasts
    FROM case_number_series WHERE county = $1 AND day = ANY ($4::text[])
), known AS MATERIALIZED (
    SELECT held.* FROM UNNEST($2::uuid[]) AS report (id) CROSS JOIN LATERAL (
        SELECT report_id, revision, case_id, repeat, home_case IS NOT NULL AS merged FROM case_report WHERE county = $1 AND report_id = report.id LIMIT 1
    ) AS held
), merged AS MATERIALIZED (
    SELECT cluster.id AS cluster_id, target.from_case, target.goes_to AS id
    FROM UNNEST($3::uuid[]) AS cluster (id) CROSS JOIN LATERAL (
        SELECT from_case, goes_to FROM case_merger
        WHERE county = $1 AND cluster_id = cluster.id AND undone_at IS NULL ORDER BY turn DESC LIMIT 1
    ) AS target
), wanted AS (
    SELECT case_id AS id FROM known
    UNION
    SELECT id FROM merged
    UNION
    SELECT live.id FROM UNNEST($3::uuid[]) AS cluster (id) CROSS JOIN LATERAL (
        SELECT id FROM case_file WHERE county = $1 AND cluster_id = cluster.id AND state IN (1, 2) LIMIT 1
    ) AS live
    UNION
    SELECT over.id FROM UNNEST($3::uuid[]) AS cluster (id) CROSS JOIN LATERAL (
        SELECT id FROM case_file WHERE county = $1 AND cluster_id = cluster.id AND state IN (3, 4)
        ORDER BY closed_at DESC LIMIT 1
    ) AS over
), held_case AS MATERIALIZED (
    SELECT one.* FROM wanted CROSS JOIN LATERAL (
        SELECT * FROM case_file WHERE county = $1 AND id = wanted.id LIMIT 1
    ) AS one
)
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT sealed FROM history_head WHERE county = $1) AS history_head, numbers.days, numbers.lasts,
    held_case.*, recent.occurred_at AS recent, recent.source AS recent_sources, held.report_ids, held.revisions, held.repeats, held.are_merged,
    came.cluster_ids AS merged_clusters, came.from_cases AS merged_from
FROM numbers
LEFT JOIN held_case ON true
LEFT JOIN LATERAL (
    SELECT array_agg(cluster_id ORDER BY cluster_id) AS cluster_ids, array_agg(from_case ORDER BY cluster_id) AS from_cases
    FROM merged WHERE merged.id = held_case.id
) AS came ON true
LEFT JOIN LATERAL (
    SELECT array_agg(newest.occurred_at) AS occurred_at, array_agg(newest.source) AS source
    FROM (
        SELECT occurred_at, source FROM case_report
        WHERE county = $1 AND case_id = held_case.id AND occurred_at >= $5
        ORDER BY occurred_at DESC LIMIT 100
    ) AS newest
) AS recent ON true
LEFT JOIN LATERAL (
    SELECT array_agg(report_id ORDER BY report_id) AS report_ids, array_agg(revision ORDER BY report_id) AS revisions,
        array_agg(repeat ORDER BY report_id) AS repeats, array_agg(merged ORDER BY report_id) AS are_merged
    FROM known WHERE known.case_id = held_case.id
) AS held ON true
