-- Removes who and what of reports ($2), and of the cases of which no report says it any more; $3 is a sealed matter that
-- says nothing. Returns those cases.
WITH gone AS (
    UPDATE case_report SET sealed_matter = NULL WHERE county = $1 AND report_id = ANY ($2::uuid[])
    RETURNING case_id
)
UPDATE case_file SET sealed_matter = $3, sealed_level_words = NULL
WHERE county = $1 AND id IN (SELECT case_id FROM gone)
  AND NOT EXISTS (
    SELECT FROM case_report AS other
    WHERE other.county = $1 AND other.case_id = case_file.id AND other.sealed_matter IS NOT NULL
      AND other.report_id <> ALL ($2::uuid[])
  )
RETURNING id
