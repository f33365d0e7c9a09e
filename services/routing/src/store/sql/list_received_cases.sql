-- A page of the cases that someone ($12) received first and that are not over (S0-05), in the order and with the
-- filters of list_cases.sql. What is received is looked up first: of one receiver there are few.
SELECT file.* FROM (SELECT $2::text AS agency) AS viewer CROSS JOIN (
    SELECT * FROM case_file WHERE county = $1 AND first_receiver = $12 AND state IN (1, 2) OFFSET 0
) AS file
WHERE file.county = $1
  AND ($3::smallint IS NULL OR file.state = $3)
  AND ($4::smallint IS NULL OR file.level = $4)
  AND ($5::text IS NULL OR starts_with(file.area_code, $5))
  AND ($6::text IS NULL OR file.lead_agency = $6)
  AND ($7::text IS NULL OR file.category = $7)
  AND ($9::integer IS NULL OR
      (-(file.level * 2 + file.fast_lane::integer), file.opened_at, file.id::text)
          > (-$9::integer, $10::timestamptz, $11::text))
