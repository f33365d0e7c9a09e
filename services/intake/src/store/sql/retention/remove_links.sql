-- Whose report it was, and all that linkage kept of it.
DELETE FROM report_link
USING (SELECT $1::text AS county, unnest($2::uuid[]) AS report_id) AS gone
WHERE report_link.county = gone.county AND report_link.report_id = gone.report_id
