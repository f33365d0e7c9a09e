-- The case of a command and what its request id already stands for, of one turn of the county.
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT digest FROM command_answer WHERE county = $1 AND principal = $5 AND request_id = $6) AS answered,
    case_file.*
FROM case_file
WHERE county = $1
  AND id = COALESCE($2::uuid, (SELECT named.id FROM case_file AS named WHERE named.county = $1 AND named.number = $3))
  AND ($4::text IS NULL OR lead_agency = $4 OR EXISTS (
      SELECT FROM case_push AS push
      WHERE push.county = $1 AND push.agency = $4 AND push.case_id = case_file.id))
