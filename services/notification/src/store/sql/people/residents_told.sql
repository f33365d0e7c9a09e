-- Which residents have been told of a case before, or of one that was merged into it, each once: by the number and the
-- code that they know, of the case itself first.
WITH RECURSIVE whole AS (
    SELECT case_id AS into_case, case_id FROM UNNEST($2::uuid[]) AS asked (case_id)
    UNION
    SELECT whole.into_case, part.case_id
    FROM whole JOIN case_progress AS part ON part.county = $1 AND part.merged_into = whole.case_id
)
SELECT DISTINCT ON (whole.into_case, told.recipient) whole.into_case AS case_id, told.sealed_address, told.case_number,
    own.sealed_code
FROM whole
JOIN person_message AS told ON told.county = $1 AND told.case_id = whole.case_id
LEFT JOIN case_progress AS own ON own.county = $1 AND own.case_id = whole.case_id
WHERE told.person_kind = 3 AND told.state IN (1, 2)
ORDER BY whole.into_case, told.recipient, told.case_id <> whole.into_case, told.requested_at DESC
