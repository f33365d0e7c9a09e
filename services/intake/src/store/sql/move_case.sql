-- Of these reports ($4), those that belong to the case cluster $2 belong to $3 from now on; said is which these are.
WITH moved AS (
    UPDATE report_link SET cluster_id = $3 WHERE county = $1 AND cluster_id = $2 AND report_id = ANY ($4)
    RETURNING report_id
)
UPDATE report SET cluster_id = $3
FROM moved
WHERE report.county = $1 AND report.report_id = moved.report_id
RETURNING report.report_id
