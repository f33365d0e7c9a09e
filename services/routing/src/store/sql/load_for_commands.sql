-- The cases of a batch of commands, and what their request ids already stand for, of one turn of the county: a
-- row for each command, its case missing where there is none or where the command's agency may not see it.
-- replaced: where the case is over, another one of its cluster that takes reports.
-- $2 to $6 are arrays: the case's id or number, the agency that asks, its principal and request id.
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT sealed FROM history_head WHERE county = $1) AS history_head,
    command.ordinal, answer.digest AS answered,
    CASE WHEN seen.state IN (3, 4) THEN (
        SELECT other.id FROM case_file AS other
        WHERE other.county = $1 AND other.cluster_id = seen.cluster_id AND other.state IN (1, 2) LIMIT 1
    ) END AS replaced,
    seen.*
FROM UNNEST($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY
    AS command (id, number, agency, principal, request_id, ordinal)
LEFT JOIN LATERAL (
    SELECT digest FROM command_answer
    WHERE county = $1 AND principal = command.principal AND request_id = command.request_id LIMIT 1
) AS answer ON true
LEFT JOIN LATERAL (
    SELECT file.* FROM (SELECT command.agency) AS viewer CROSS JOIN (
        SELECT * FROM case_file WHERE county = $1 AND id = COALESCE(command.id,
            (SELECT named.id FROM case_file AS named WHERE named.county = $1 AND named.number = command.number LIMIT 1))
        LIMIT 1
    ) AS file
    WHERE true
