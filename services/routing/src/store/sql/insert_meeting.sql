-- Opens a meeting.
INSERT INTO meeting (county, id, kind, week, title, opened_at, opened_by, opened_as)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
