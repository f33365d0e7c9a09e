-- Keeps what duties to look at a split are about.
INSERT INTO split_suggestion (county, id, case_id, decision_id)
SELECT $1, asked.id, asked.case_id, asked.decision_id
FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[]) AS asked (id, case_id, decision_id)
