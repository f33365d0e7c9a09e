-- The police's calls, accepted since $5, that are repeats by now: of the persons, households and case clusters ($3, of the kind
-- beside each in $2) that others went into those that have an earlier report there; of persons and households within so many
-- seconds ($4). They are known as repeats from now on; said is which these are. Of each cluster the oldest and the newest
-- reports are looked at, so many ($6): what stands between is of one that many report, and known as a repeat.
WITH joined AS MATERIALIZED (
    SELECT DISTINCT kept.kind, kept.id FROM UNNEST($2::smallint[], $3::uuid[]) AS kept (kind, id)
), held AS MATERIALIZED (
    SELECT joined.kind, one.report_id, one.source, one.occurred_at,
           lag(one.occurred_at) OVER (PARTITION BY joined.kind, joined.id ORDER BY one.occurred_at, one.report_id) AS before
    FROM joined CROSS JOIN LATERAL (
        (SELECT report_id, source, occurred_at FROM report_link
         WHERE joined.kind = 1 AND county = $1 AND person_id = joined.id ORDER BY report_id LIMIT $6)
        UNION
        (SELECT report_id, source, occurred_at FROM report_link
         WHERE joined.kind = 1 AND county = $1 AND person_id = joined.id ORDER BY report_id DESC LIMIT $6)
        UNION
        (SELECT report_id, source, occurred_at FROM report_link
         WHERE joined.kind = 2 AND county = $1 AND household_id = joined.id ORDER BY report_id LIMIT $6)
        UNION
        (SELECT report_id, source, occurred_at FROM report_link
         WHERE joined.kind = 2 AND county = $1 AND household_id = joined.id ORDER BY report_id DESC LIMIT $6)
        UNION
        (SELECT report_id, source, occurred_at FROM report_link
         WHERE joined.kind = 3 AND county = $1 AND cluster_id = joined.id ORDER BY report_id LIMIT $6)
        UNION
        (SELECT report_id, source, occurred_at FROM report_link
         WHERE joined.kind = 3 AND county = $1 AND cluster_id = joined.id ORDER BY report_id DESC LIMIT $6)
    ) AS one
), shown AS MATERIALIZED (
    SELECT DISTINCT $1::text AS county, report_id FROM held
    WHERE source = 1 AND (kind = 3 AND before IS NOT NULL OR before >= occurred_at - make_interval(secs => $4))
)
UPDATE report SET repeat = TRUE
FROM shown
WHERE report.county = shown.county AND report.report_id = shown.report_id AND NOT report.repeat
  AND report.accepted_at >= $5
RETURNING report.report_id
