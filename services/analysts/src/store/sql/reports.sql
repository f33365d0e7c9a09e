-- Reports as they are known now, with the level and agency of their case; no exercises.
SELECT fact.id AS report_key, fact.case_id AS case_key,
    date_trunc('month', (fact.accepted_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, (fact.accepted_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    left(fact.area_code, 9) AS town_code, fact.area_code, fact.source, fact.category,
    coalesce(opened.level, 0::int2) AS level, coalesce(opened.agency, '') AS agency, fact.repeat, fact.occurred_at, fact.accepted_at
FROM fact_report AS fact
LEFT JOIN fact_case AS opened ON opened.county = fact.county AND opened.generation = fact.generation
    AND opened.id = fact.case_id AND opened.valid_until IS NULL
WHERE fact.county = $1 AND fact.generation = $2::int4 AND fact.known_until IS NULL
    AND NOT fact.drill AND NOT coalesce(opened.drill, false)
