-- Who at an agency did what an officer enters and when, and how the centre learned of it.
INSERT INTO recorded_answer (county, push_id, kind, request_id, means, sealed_teller, done_at, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
