-- Counts the changes of a county, also those without an event. Whoever read something together with the turn
-- and writes in the same turn knows that nobody changed anything in between.
ALTER TABLE outbox_head ADD COLUMN turn bigint NOT NULL DEFAULT 0;
