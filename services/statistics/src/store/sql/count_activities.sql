-- Counts activities by the time they began: [all, visits, minutes of visits, sweeps, zero reports, patrols, publicity,
-- searches for hazards]. They have no level and no category.
-- $1 county  $2 from  $3 before  $4 time zone  $5 dimensions, at most four  $6 digits that areas are cut to
-- (0: as reported)  $7 area prefix  $8 agencies  $9 sources  $10 levels  $11 categories (an empty list or
-- prefix filters nothing)  $12 most groups
WITH fact AS (
    SELECT area_code, agency, source, 0::int2 AS level, '' AS category, kind, minutes,
           begun_at AT TIME ZONE $4::text AS local_time
    FROM activity_fact
    WHERE county = $1 AND begun_at >= $2 AND begun_at < $3
)
SELECT ARRAY[
        dimension_value(($5::text[])[1], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[2], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[3], $6::int4, area_code, agency, source, level, category, local_time),
        dimension_value(($5::text[])[4], $6::int4, area_code, agency, source, level, category, local_time)
    ] AS dimensions,
    ARRAY[
        count(*),
        count(*) FILTER (WHERE kind = 1),
        coalesce(sum(minutes) FILTER (WHERE kind = 1), 0)::int8,
        count(*) FILTER (WHERE kind = 2),
        count(*) FILTER (WHERE kind = 3),
        count(*) FILTER (WHERE kind = 4),
        count(*) FILTER (WHERE kind = 5),
        count(*) FILTER (WHERE kind = 6)
    ] AS measures
FROM fact
WHERE starts_with(area_code, $7::text)
  AND (cardinality($8::text[]) = 0 OR agency = ANY ($8::text[]))
  AND (cardinality($9::int2[]) = 0 OR source = ANY ($9::int2[]))
  AND cardinality($10::int2[]) = 0
  AND cardinality($11::text[]) = 0
GROUP BY 1
LIMIT $12::int8
