  -- Whether an agency (viewer.agency, none for who sees all) may see a case (file): it leads it, it was pushed to it,
  -- it owes something in it, or the case is merged and its pushes went on to the other one. Kind 18, that a case grows
  -- old, is nobody's to do. The text ends each statement that shows a case, see seeing.rs.
  AND (viewer.agency IS NULL OR file.lead_agency = viewer.agency
      OR EXISTS (
          SELECT FROM case_push AS push
          WHERE push.county = $1 AND push.agency = viewer.agency AND push.case_id = file.id)
      OR EXISTS (
          SELECT FROM duty
          WHERE duty.county = $1 AND duty.subject_id = file.id AND duty.agency = viewer.agency
            AND duty.ended_at IS NULL AND duty.kind <> 18)
      OR EXISTS (
          -- Case by case: who asks for one is not to wait for all that were ever merged.
          SELECT FROM (
              SELECT goes_to FROM case_merger
              WHERE county = $1 AND from_case = file.id AND undone_at IS NULL OFFSET 0
          ) AS merger
          JOIN case_push AS push ON push.county = $1 AND push.case_id = merger.goes_to
          WHERE push.agency = viewer.agency))
