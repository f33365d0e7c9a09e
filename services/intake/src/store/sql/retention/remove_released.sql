-- It need not be looked at again.
DELETE FROM retention_kept
USING (SELECT $1::text AS county, unnest($2::uuid[]) AS report_id) AS gone
WHERE retention_kept.county = gone.county AND retention_kept.report_id = gone.report_id
