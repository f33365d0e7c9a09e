-- The newest reports of some keys, each once: a bounded walk in the index of each.
SELECT link.report_id, link.source, link.occurred_at, link.cluster_id, link.person_id, link.household_id,
       link.traits, link.next_traits
FROM (
    SELECT DISTINCT hit.report_id
    FROM UNNEST($2::bigint[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT report_id FROM link_key WHERE county = $1 AND key = asked.key ORDER BY report_id DESC LIMIT $3
    ) AS hit
) AS found
CROSS JOIN LATERAL (
    SELECT * FROM report_link WHERE county = $1 AND report_id = found.report_id LIMIT 1
) AS link
ORDER BY link.report_id DESC LIMIT $3
