-- Alerts by tier are listed by when they were raised; each is owed an acknowledgement (kind 11).
CREATE INDEX duty_alert ON duty (county, started_at, subject_id, no) WHERE kind = 11;
