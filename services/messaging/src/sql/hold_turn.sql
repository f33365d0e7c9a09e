-- Waits for the county's turn and holds it until the end of the transaction.
INSERT INTO outbox_head (county, position) VALUES ($1, 0)
ON CONFLICT (county) DO UPDATE SET turn = outbox_head.turn
