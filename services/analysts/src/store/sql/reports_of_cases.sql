-- The reports of cases: what they say of their case changes with it.
-- $1 county  $2 generation  $3 cases  $4 how many
SELECT DISTINCT id FROM fact_report WHERE county = $1 AND generation = $2::int4 AND case_id = ANY ($3::uuid[]) LIMIT $4::int8
