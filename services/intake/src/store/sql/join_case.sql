-- All reports of each case cluster of $2 belong to the one beside it in $3 from now on, as of persons (join_person.sql).
WITH joined AS MATERIALIZED (
    SELECT $1::text AS county, gone.* FROM UNNEST($2::uuid[], $3::uuid[]) AS gone (absorbed, kept)
), moved AS (
    UPDATE report_link SET cluster_id = joined.kept
    FROM joined
    WHERE report_link.county = joined.county AND report_link.cluster_id = joined.absorbed
    RETURNING joined.county, joined.absorbed, joined.kept, report_link.report_id
)
UPDATE report SET cluster_id = moved.kept
FROM moved
WHERE report.county = moved.county AND report.report_id = moved.report_id
RETURNING moved.absorbed, report.report_id
