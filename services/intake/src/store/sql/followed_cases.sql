SELECT held.case_id, held.version, held.standing
FROM UNNEST($2::uuid[]) AS asked (case_id)
CROSS JOIN LATERAL (
    SELECT case_id, version, standing FROM followed_case WHERE county = $1 AND case_id = asked.case_id LIMIT 1
) AS held
