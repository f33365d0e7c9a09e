-- Statements are planned once, perhaps before there is a row, and then all indexes look alike: one that leads to the county, and
-- a filter for the id, is as good to the planner as the key, and of those that look alike it takes the newest. So what leads to
-- single things begins with what tells them apart, and is made after what leads to a county's lists.

-- All at once, in the order in which statements take them: a process that is still at work waits and holds up nobody.
LOCK TABLE delivery_attempt, push_delivery, push, form, person_message IN ACCESS EXCLUSIVE MODE;

DROP INDEX push_case, push_inbox;
-- The inbox of one agency: most dangerous first, then oldest.
CREATE INDEX push_inbox ON push (county, agency, level DESC, requested_at, push_id);
-- A case's pushes in the same order.
CREATE INDEX push_case ON push (case_id, county, level DESC, requested_at, push_id);
ALTER TABLE push DROP CONSTRAINT push_pkey, ADD PRIMARY KEY (push_id, county);

ALTER TABLE push_delivery DROP CONSTRAINT push_delivery_pkey, ADD PRIMARY KEY (push_id, county);

ALTER TABLE delivery_attempt DROP CONSTRAINT delivery_attempt_pkey, ADD PRIMARY KEY (push_id, county, number);

DROP INDEX form_of_case, form_check_code;
CREATE INDEX form_of_case ON form (case_id, county, issued_at, form_id);
CREATE UNIQUE INDEX form_check_code ON form (check_code, county);
ALTER TABLE form DROP CONSTRAINT form_pkey, ADD PRIMARY KEY (form_id, county);

DROP INDEX person_message_case, person_message_once;
CREATE INDEX person_message_case ON person_message (case_id, county, recipient, requested_at);
-- One person hears of one thing once.
CREATE UNIQUE INDEX person_message_once ON person_message (telling_id, county, recipient);
ALTER TABLE person_message DROP CONSTRAINT person_message_pkey, ADD PRIMARY KEY (message_id, county);
