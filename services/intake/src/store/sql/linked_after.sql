-- A page of what linkage kept of reports by the lookup key $4, in the order of acceptance, after $2.
SELECT report_id, occurred_at, person_id, household_id, cluster_id,
    CASE WHEN lookup = $4 THEN traits ELSE next_traits END AS traits
FROM report_link
WHERE county = $1 AND report_id > $2 AND octet_length(CASE WHEN lookup = $4 THEN traits ELSE next_traits END) > 0
ORDER BY report_id
LIMIT $3
