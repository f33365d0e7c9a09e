-- Two clusters are not the same, by an officer's word.
INSERT INTO link_apart (county, kind, one, other, decision_id)
VALUES ($1, $2, LEAST($3::uuid, $4::uuid), GREATEST($3::uuid, $4::uuid), $5)
ON CONFLICT DO NOTHING
