-- One case by id or number; for an agency ($4) only where it leads it or it was pushed to it. A merged case is seen
-- by who sees the pushes that went on to the other one.
SELECT * FROM case_file
WHERE county = $1
  AND id = COALESCE($2::uuid, (SELECT named.id FROM case_file AS named WHERE named.county = $1 AND named.number = $3))
  AND ($4::text IS NULL OR lead_agency = $4 OR EXISTS (
      SELECT FROM case_push AS push
      WHERE push.county = $1 AND push.agency = $4 AND push.case_id IN (case_file.id, (
          SELECT merger.goes_to FROM case_merger AS merger
          WHERE merger.county = $1 AND merger.from_case = case_file.id AND merger.undone_at IS NULL))))
