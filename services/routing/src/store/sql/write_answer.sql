-- Nothing where the same id was used meanwhile, for another case.
INSERT INTO command_answer (county, principal, request_id, case_id, digest, answered_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
