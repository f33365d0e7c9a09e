-- The earlier reports ($2) that were found for a batch, what routing said of their case clusters and of some others ($3),
-- and what officers said of their clusters. Kinds of rows:
--   0  the county's turn in which all this is so, in the place of a kind of clusters
--   1  an earlier report
--   2  a case cluster that was over once, and until when it takes reports
--   3  two clusters that an officer has said are not the same
-- What a report is compared by is that of the lookup key $4.
-- The service's connections leave the planner no other way than down an index, so a list of ids is looked up in the key.
WITH earlier AS MATERIALIZED (
    SELECT report_id, occurred_at, person_id, household_id, cluster_id,
           CASE WHEN lookup = $4 THEN traits ELSE next_traits END AS traits
    FROM report_link
    WHERE county = $1 AND report_id = ANY ($2::uuid[])
), clusters AS MATERIALIZED (
    SELECT array_agg(DISTINCT cluster_id) AS cases,
           array_agg(DISTINCT person_id) || array_agg(DISTINCT household_id) AS people
    FROM earlier
)
SELECT 0::smallint AS row, COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS kind,
       NULL::uuid AS report_id, NULL::timestamptz AS at, NULL::uuid AS person_id, NULL::uuid AS household_id,
       NULL::uuid AS cluster_id, NULL::bytea AS traits, NULL::boolean AS open
UNION ALL
SELECT 1::smallint, 0, report_id, occurred_at, person_id, household_id, cluster_id, traits, NULL
FROM earlier
UNION ALL
SELECT 2::smallint, 0, NULL, told.takes_until, NULL, NULL, told.cluster_id, NULL, told.open
FROM clusters JOIN cluster_case AS told ON told.county = $1 AND told.cluster_id = ANY (clusters.cases || $3::uuid[])
UNION ALL
SELECT 3::smallint, apart.kind, NULL, NULL, apart.one, apart.other, NULL, NULL, NULL
FROM clusters JOIN link_apart AS apart ON apart.county = $1 AND apart.one = ANY (clusters.people || clusters.cases)
-- Officers say so seldom; where none ever did, nothing is looked up.
WHERE EXISTS (SELECT FROM link_apart WHERE county = $1)
