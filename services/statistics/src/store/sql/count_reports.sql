-- Counts reports by the time they were accepted: [all, repeats]. Agency and level are those of the
-- report's case, where it is known.
-- $1 county  $2 from  $3 before  $4 time zone  $5 dimensions, at most four  $6 digits that areas are cut to
-- (0: as reported)  $7 area prefix  $8 agencies  $9 sources  $10 levels  $11 categories (an empty list or
-- prefix filters nothing)  $12 most groups
WITH fact AS (
    SELECT report.area_code, coalesce(opened.lead_agency, '') AS agency, report.source,
           coalesce(opened.level, 0::int2) AS level, report.category, report.repeat,
           report.accepted_at AT TIME ZONE $4::text AS local_time
    FROM report_fact AS report
    LEFT JOIN case_fact AS opened ON opened.county = report.county AND opened.case_id = report.case_id
    WHERE report.county = $1 AND report.accepted_at >= $2 AND report.accepted_at < $3
)
SELECT ARRAY[
        dimension_value(($5::text[])[1], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[2], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[3], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[4], $6::int4, area_code, agency, source, level, category, local_time)
    ] AS dimensions,
    ARRAY[count(*), count(*) FILTER (WHERE repeat)] AS measures
FROM fact
WHERE starts_with(area_code, $7::text)
  AND (cardinality($8::text[]) = 0 OR agency = ANY ($8::text[]))
  AND (cardinality($9::int2[]) = 0 OR source = ANY ($9::int2[]))
  AND (cardinality($10::int2[]) = 0 OR level = ANY ($10::int2[]))
  AND (cardinality($11::text[]) = 0 OR category = ANY ($11::text[]))
GROUP BY 1
LIMIT $12::int8
