-- The personal part of reports. Source, time, area, category and cluster stay, and so does the keyed hash of the whole
-- content, by which the same message is known when it comes again.
UPDATE report SET sealed_matter = '', sealed_details = NULL, removed_at = $3
FROM (SELECT $1::text AS county, unnest($2::uuid[]) AS report_id) AS gone
WHERE report.county = gone.county AND report.report_id = gone.report_id
