-- How long cases stood open as they were: a row for each version of a case that left it open, until the next one. What
-- open_cases counts, that is without exercises and what is merged into another case.
SELECT fact.id AS case_key,
    date_trunc('month', (fact.valid_from AT TIME ZONE 'Asia/Shanghai'))::date AS month, (fact.valid_from AT TIME ZONE 'Asia/Shanghai')::date AS day,
    (fact.valid_until AT TIME ZONE 'Asia/Shanghai')::date AS until_day,
    left(fact.area_code, 9) AS town_code, fact.area_code, fact.source, fact.category, fact.level, fact.agency,
    fact.opened_at, (fact.handle_due_at AT TIME ZONE 'Asia/Shanghai')::date AS due_day, fact.handle_due_at,
    fact.valid_from AS open_from, fact.valid_until AS open_until
FROM fact_case AS fact
WHERE fact.county = $1 AND fact.generation = $2::int4 AND fact.state = 1 AND NOT fact.drill AND NOT fact.merged
