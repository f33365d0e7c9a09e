-- What a few reports say.
SELECT held.report_id, held.category, held.confidential, held.sealed_matter
FROM UNNEST($2::uuid[]) AS asked (report_id)
CROSS JOIN LATERAL (
    SELECT * FROM report WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS held
WHERE held.removed_at IS NULL
