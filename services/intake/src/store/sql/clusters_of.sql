-- Where reports belong.
SELECT report_id, person_id, household_id, cluster_id FROM report_link WHERE county = $1 AND report_id = ANY ($2)
