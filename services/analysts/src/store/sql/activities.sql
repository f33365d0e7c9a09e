-- Activities as their newest revisions say; no exercises.
SELECT fact.id AS activity_key,
    date_trunc('month', (fact.begun_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, (fact.begun_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    left(fact.area_code, 9) AS town_code, fact.area_code, fact.source, fact.kind, fact.agency, fact.begun_at,
    fact.minutes, fact.number
FROM fact_activity AS fact
WHERE fact.county = $1 AND fact.generation = $2::int4 AND fact.known_until IS NULL AND NOT fact.drill
