-- The keys by which they were found as ones to compare with.
DELETE FROM link_key
USING (
    SELECT $1::text AS county, gone.* FROM UNNEST($2::bigint[], $3::uuid[]) AS gone (key, report_id)
) AS gone
WHERE link_key.county = gone.county AND link_key.key = gone.key AND link_key.report_id = gone.report_id
