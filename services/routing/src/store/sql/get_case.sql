-- One case by id or number; for an agency ($4) only where it may see it.
SELECT file.* FROM (SELECT $4::text AS agency) AS viewer CROSS JOIN case_file AS file
WHERE file.county = $1
  AND file.id = COALESCE($2::uuid, (SELECT named.id FROM case_file AS named WHERE named.county = $1 AND named.number = $3))
