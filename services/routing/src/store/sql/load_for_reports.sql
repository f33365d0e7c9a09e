-- Everything that a batch of reports may change, locked, in one round trip: the cases of reports that are
-- here already and the live cases of the clusters, each with its recent reports, and the number series of
-- the days. Always at least one row, since the series come with every row. The lateral look-ups keep each
-- one a step in an index, whatever the planner thinks of a table that has just begun to grow.
WITH series AS (
    INSERT INTO case_number_series (county, day, last)
    SELECT $1, day, 0 FROM UNNEST($4::text[]) AS day ORDER BY day
    ON CONFLICT (county, day) DO UPDATE SET last = case_number_series.last
    RETURNING day, last
), numbers AS (
    SELECT array_agg(day ORDER BY day) AS days, array_agg(last ORDER BY day) AS lasts FROM series
), known AS MATERIALIZED (
    SELECT held.* FROM UNNEST($2::uuid[]) AS report (id) CROSS JOIN LATERAL (
        SELECT report_id, revision, case_id FROM case_report WHERE county = $1 AND report_id = report.id LIMIT 1
    ) AS held
), wanted AS (
    SELECT case_id AS id FROM known
    UNION
    SELECT live.id FROM UNNEST($3::uuid[]) AS cluster (id) CROSS JOIN LATERAL (
        SELECT id FROM case_file WHERE county = $1 AND cluster_id = cluster.id AND state IN (1, 2) LIMIT 1
    ) AS live
), locked AS MATERIALIZED (
    SELECT one.* FROM (SELECT id FROM wanted ORDER BY id) AS wanted CROSS JOIN LATERAL (
        SELECT * FROM case_file WHERE county = $1 AND id = wanted.id FOR UPDATE
    ) AS one
)
SELECT numbers.days, numbers.lasts, locked.*, recent.occurred_at AS recent, held.report_ids, held.revisions
FROM numbers
LEFT JOIN locked ON true
LEFT JOIN LATERAL (
    SELECT array_agg(newest.occurred_at) AS occurred_at
    FROM (
        SELECT occurred_at FROM case_report
        WHERE county = $1 AND case_id = locked.id AND occurred_at >= $5
        ORDER BY occurred_at DESC LIMIT 100
    ) AS newest
) AS recent ON true
LEFT JOIN LATERAL (
    SELECT array_agg(report_id ORDER BY report_id) AS report_ids, array_agg(revision ORDER BY report_id) AS revisions
    FROM known WHERE known.case_id = locked.id
) AS held ON true
