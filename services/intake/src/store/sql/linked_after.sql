-- A page of what linkage kept of reports, in the order of acceptance, after $2.
SELECT report_id, occurred_at, person_id, household_id, cluster_id, traits FROM report_link
WHERE county = $1 AND report_id > $2 AND octet_length(traits) > 0
ORDER BY report_id
LIMIT $3
