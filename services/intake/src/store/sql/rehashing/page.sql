-- The next reports after one ($2), the last of them in each row: those that have no hash by the newest lookup key ($4), or
-- where asked ($5) any by another one. A page without such has one row all the same.
WITH page AS MATERIALIZED (
    SELECT report_id, traits, next_traits, lookup <> $4 AND ($5 OR next_traits IS NULL) AS is_old
    FROM report_link WHERE county = $1 AND report_id > $2
    ORDER BY report_id LIMIT $3
), ended AS (
    SELECT report_id AS last FROM page ORDER BY report_id DESC LIMIT 1
)
SELECT ended.last, old.report_id, old.traits, old.next_traits, old.area_code, old.category, old.sealed_matter,
       old.sealed_details
FROM ended
LEFT JOIN (
    SELECT page.report_id, page.traits, page.next_traits, report.area_code, report.category,
           report.sealed_matter, report.sealed_details
    FROM page CROSS JOIN LATERAL (
        SELECT area_code, category, sealed_matter, sealed_details FROM report
        WHERE report.county = $1 AND report.report_id = page.report_id LIMIT 1
    ) AS report
    WHERE page.is_old
) AS old ON TRUE
