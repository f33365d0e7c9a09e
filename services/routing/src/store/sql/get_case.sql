-- One case by id or number; for an agency ($4) only where it may see it. The agency comes as a row, so that it is looked
-- up whether it sees this one, and not all that it sees.
SELECT file.* FROM UNNEST(ARRAY[$4::text]) AS viewer (agency) CROSS JOIN case_file AS file
WHERE file.county = $1
  AND file.id = COALESCE($2::uuid, (SELECT named.id FROM case_file AS named WHERE named.county = $1 AND named.number = $3))
