-- Cases as they are now; no exercises, none that is merged into another.
SELECT fact.id AS case_key,
    date_trunc('month', (fact.opened_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, (fact.opened_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    left(fact.area_code, 9) AS town_code, fact.area_code, fact.source, fact.category, fact.level, fact.agency,
    fact.state, fact.settled_place, fact.method, fact.performed, fact.residents_credited, fact.major,
    fact.opened_at, fact.signed_at, fact.contacted_at, fact.settled_at, fact.first_settled_at,
    fact.closed_at, fact.reopened_at, fact.followed_at, fact.revisited_at, fact.agreed_at,
    fact.mediated_at, fact.criminal_at, fact.public_order_at, fact.handle_due_at, fact.perform_due_at,
    fact.reports, fact.sessions, fact.returns, fact.extensions, fact.supervisions, fact.reopened,
    fact.revisits_effective, fact.revisits_solved, fact.revisits_rated, fact.revisits_content, fact.revisits_mostly_content
FROM fact_case AS fact
WHERE fact.county = $1 AND fact.generation = $2::int4 AND fact.valid_until IS NULL AND NOT fact.drill AND NOT fact.merged
