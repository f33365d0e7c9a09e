-- Duties as they are known now; no exercises.
SELECT fact.id AS case_key, fact.part::int4 AS number, fact.kind,
    date_trunc('month', (fact.due_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, (fact.due_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    left(fact.area_code, 9) AS town_code, fact.area_code, fact.source, fact.category, fact.level, fact.agency,
    fact.started_at, fact.due_at, fact.met_at, fact.dropped_at
FROM fact_duty AS fact
WHERE fact.county = $1 AND fact.generation = $2::int4 AND fact.known_until IS NULL AND NOT fact.drill
