-- The newest reports of a household: a bounded walk in an index.
SELECT report_id, source, occurred_at, cluster_id, person_id, household_id FROM report_link
WHERE county = $1 AND household_id = $2 ORDER BY report_id DESC LIMIT $3
