-- What the machine joined: a decision ($2) of a kind ($3), which cluster stayed ($4), which went into it ($5), and which
-- reports ($7) were moved by which decision ($6).
WITH moved AS MATERIALIZED (
    SELECT decision_id, array_agg(report_id ORDER BY report_id) AS report_ids
    FROM UNNEST($6::uuid[], $7::uuid[]) AS moved (decision_id, report_id)
    GROUP BY decision_id
)
INSERT INTO link_decision (
    county, decision_id, kind, act, cluster_id, other_id, report_ids, decided_by, reason, decided_at, request_id
)
SELECT $1, made.decision_id, made.kind, $8, made.kept, made.absorbed, moved.report_ids, $9, '', $10, NULL
FROM UNNEST($2::uuid[], $3::smallint[], $4::uuid[], $5::uuid[]) AS made (decision_id, kind, kept, absorbed)
JOIN moved USING (decision_id)
