-- Which residents have been told of a case before, each once.
SELECT DISTINCT ON (case_id, recipient) case_id, recipient, sealed_address
FROM person_message
WHERE county = $1 AND case_id = ANY ($2::uuid[]) AND person_kind = 3 AND state IN (1, 2)
ORDER BY case_id, recipient, requested_at DESC
