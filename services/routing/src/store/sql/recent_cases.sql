-- The last cases before one ($2), the newest first, each with its newest report and the doors of those within so
-- many days ($4) before it.
SELECT held_case.*, newest.source AS newest_source, newest.occurred_at AS newest_at, newest.repeat AS newest_repeat,
    recent.occurred_at AS recent, recent.source AS recent_sources
FROM (
    SELECT * FROM case_file WHERE county = $1 AND id < $2 ORDER BY county DESC, id DESC LIMIT $3
) AS held_case
LEFT JOIN LATERAL (
    SELECT source, occurred_at, repeat FROM case_report
    WHERE county = $1 AND case_id = held_case.id ORDER BY accepted_at DESC LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT array_agg(one.occurred_at) AS occurred_at, array_agg(one.source) AS source
    FROM (
        SELECT occurred_at, source FROM case_report
        WHERE county = $1 AND case_id = held_case.id AND occurred_at >= newest.occurred_at - make_interval(days => $4)
        ORDER BY occurred_at DESC LIMIT 100
    ) AS one
) AS recent ON true
ORDER BY held_case.id DESC
