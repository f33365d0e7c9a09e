-- A page: the most dangerous first, the fast lane before the rest of its level, then the oldest. $9 to $11 are the
-- last row of the page before. For an agency ($2) only what it may see.
SELECT file.* FROM (SELECT $2::text AS agency) AS viewer CROSS JOIN case_file AS file
WHERE file.county = $1
  AND ($3::smallint IS NULL OR file.state = $3)
  AND ($4::smallint IS NULL OR file.level = $4)
  AND ($5::text IS NULL OR starts_with(file.area_code, $5))
  AND ($6::text IS NULL OR file.lead_agency = $6)
  AND ($7::text IS NULL OR file.category = $7)
  AND ($9::integer IS NULL OR
      (-(file.level * 2 + file.fast_lane::integer), file.opened_at, file.id::text)
          > (-$9::integer, $10::timestamptz, $11::text))
