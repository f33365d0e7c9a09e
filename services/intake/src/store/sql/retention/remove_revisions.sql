-- The personal part of older contents.
UPDATE report_revision SET sealed_matter = '', sealed_details = NULL
FROM (SELECT $1::text AS county, unnest($2::uuid[]) AS report_id) AS gone
WHERE report_revision.county = gone.county AND report_revision.report_id = gone.report_id
