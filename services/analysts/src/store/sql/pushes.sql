-- Pushes as they are known now; no exercises.
SELECT fact.id AS push_key, fact.case_id AS case_key,
    date_trunc('month', (fact.requested_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, (fact.requested_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    left(fact.area_code, 9) AS town_code, fact.area_code, fact.source, fact.category, fact.level, fact.agency, fact.form,
    fact.requested_at, fact.due_at, fact.sign_due_at, fact.feedback_due_at, fact.delivered_at, fact.signed_at,
    fact.returned_at, fact.feedback_at, fact.answered_at
FROM fact_push AS fact
WHERE fact.county = $1 AND fact.generation = $2::int4 AND fact.known_until IS NULL AND NOT fact.drill
