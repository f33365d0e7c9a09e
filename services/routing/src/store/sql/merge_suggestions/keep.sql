-- Keeps what duties to look at a merger are about.
INSERT INTO merge_suggestion (county, id, one, other, decision_id, absorbed, kept)
SELECT $1, asked.id, LEAST(asked.one, asked.other), GREATEST(asked.one, asked.other), asked.decision_id, asked.absorbed,
    asked.kept
FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[])
    AS asked (id, one, other, decision_id, absorbed, kept)
