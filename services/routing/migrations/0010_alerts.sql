-- An exercise that somebody starts has no report. What is there has one: it need not be read again.
ALTER TABLE case_file DROP CONSTRAINT case_file_report_count_check;
ALTER TABLE case_file ADD CONSTRAINT case_file_report_count_check CHECK (report_count >= 0) NOT VALID;

-- Alerts by tier are listed by when they were raised; each is owed an acknowledgement (kind 11).
CREATE INDEX duty_alert ON duty (county, started_at, subject_id, no) WHERE kind = 11;
