-- Asks for a reward; nothing where the case has one for the person that was not refused.
INSERT INTO reward (county, id, case_id, person_id, sealed_person, amount_fen, sealed_words, asked_at, asked_by, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
ON CONFLICT (county, case_id, person_id) WHERE state <> 3 DO NOTHING
