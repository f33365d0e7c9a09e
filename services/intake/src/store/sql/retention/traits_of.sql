-- What linkage kept of reports, by each lookup key.
SELECT link.report_id, traits.of_key
FROM UNNEST($2::uuid[]) AS asked (report_id)
CROSS JOIN LATERAL (
    SELECT report_id, traits, next_traits FROM report_link WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS link
CROSS JOIN LATERAL (VALUES (link.traits), (link.next_traits)) AS traits (of_key)
WHERE traits.of_key IS NOT NULL
