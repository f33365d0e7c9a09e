-- A page: the most dangerous first, the fast lane before the rest of its level, then the oldest. $9 to $11 are the
-- last row of the page before.
SELECT * FROM case_file
WHERE county = $1
  AND ($2::text IS NULL OR lead_agency = $2 OR EXISTS (
      SELECT FROM case_push AS push
      WHERE push.county = $1 AND push.agency = $2 AND push.case_id = case_file.id))
  AND ($3::smallint IS NULL OR state = $3)
  AND ($4::smallint IS NULL OR level = $4)
  AND ($5::text IS NULL OR starts_with(area_code, $5))
  AND ($6::text IS NULL OR lead_agency = $6)
  AND ($7::text IS NULL OR category = $7)
  AND ($9::integer IS NULL OR
      (-(level * 2 + fast_lane::integer), opened_at, id::text) > (-$9::integer, $10::timestamptz, $11::text))
ORDER BY -(level * 2 + fast_lane::integer), opened_at, id::text
LIMIT $8
