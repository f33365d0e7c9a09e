-- Counts cases by the time they were opened: [all, resolved or closed by now]. A merged one is no case of its own.
-- $1 county  $2 from  $3 before  $4 time zone  $5 dimensions, at most four  $6 digits that areas are cut to
-- (0: as reported)  $7 area prefix  $8 agencies  $9 sources  $10 levels  $11 categories (an empty list or
-- prefix filters nothing)  $12 most groups
WITH fact AS (
    SELECT area_code, lead_agency AS agency, first_source AS source, level, category, state,
           opened_at AT TIME ZONE $4::text AS local_time
    FROM case_fact
    WHERE county = $1 AND opened_at >= $2 AND opened_at < $3 AND NOT merged
)
SELECT ARRAY[
        dimension_value(($5::text[])[1], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[2], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[3], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[4], $6::int4, area_code, agency, source, level, category, local_time)
    ] AS dimensions,
    -- 2 and 3: fengqiao.type.v1.CaseState RESOLVED and CLOSED.
    ARRAY[count(*), count(*) FILTER (WHERE state IN (2, 3))] AS measures
FROM fact
WHERE starts_with(area_code, $7::text)
  AND (cardinality($8::text[]) = 0 OR agency = ANY ($8::text[]))
  AND (cardinality($9::int2[]) = 0 OR source = ANY ($9::int2[]))
  AND (cardinality($10::int2[]) = 0 OR level = ANY ($10::int2[]))
  AND (cardinality($11::text[]) = 0 OR category = ANY ($11::text[]))
GROUP BY 1
LIMIT $12::int8
