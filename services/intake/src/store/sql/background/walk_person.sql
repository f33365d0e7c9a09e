-- The newest reports of a person: a bounded walk in an index.
SELECT report_id, source, occurred_at, cluster_id, person_id, household_id FROM report_link
WHERE county = $1 AND person_id = $2 ORDER BY report_id DESC LIMIT $3
