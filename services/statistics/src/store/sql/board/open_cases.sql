-- Cases that are open now: the most dangerous first, of a level the oldest first. Ids, levels, ages: nothing of people.
-- $1 county  $2 generation  $3 now  $4 level, or 0  $5 only what is over its limit  $6 town, or empty  $7 agency, or empty
-- $8 category, or empty  $9, $10, $11 level, opening and id of the last one of the page before  $12 how many
SELECT id, level, area_code, category, agency, opened_at, handle_due_at
FROM fact_case
WHERE county = $1 AND generation = $2::int4 AND state = 1 AND valid_until IS NULL AND NOT merged AND NOT drill
  AND ($4::int2 = 0 OR level = $4) AND (NOT $5::bool OR handle_due_at <= $3::timestamptz)
  AND ($6::text = '' OR left(area_code, 9) = $6) AND ($7::text = '' OR agency = $7) AND ($8::text = '' OR category = $8)
  AND opened_at IS NOT NULL
  AND ($11::uuid IS NULL OR level < $9::int2 OR (level = $9 AND (opened_at, id) > ($10::timestamptz, $11)))
ORDER BY level DESC, opened_at, id
LIMIT $12::int8
