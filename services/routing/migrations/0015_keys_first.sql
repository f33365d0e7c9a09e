-- Statements are planned once, perhaps before there is a row, and then all indexes look alike: one that leads to the county, and
-- a filter for the id, is as good to the planner as the key. So what leads to single things begins with what tells them apart.

-- All at once, in the order in which statements take them: a process that is still at work waits and holds up nobody.
LOCK TABLE case_report, case_push, case_file, case_merger IN ACCESS EXCLUSIVE MODE;

ALTER TABLE case_file DROP CONSTRAINT case_file_county_number_key, ADD UNIQUE (number, county);

DROP INDEX case_report_case;
CREATE INDEX case_report_case ON case_report (case_id, county, occurred_at);
ALTER TABLE case_report DROP CONSTRAINT case_report_pkey, ADD PRIMARY KEY (report_id, county);

DROP INDEX case_push_case;
-- In the order in which they were requested.
CREATE INDEX case_push_case ON case_push (case_id, county, push_id);
ALTER TABLE case_push DROP CONSTRAINT case_push_pkey, ADD PRIMARY KEY (push_id, county);

DROP INDEX case_merger_into, case_merger_goes_to, case_merger_from;
CREATE INDEX case_merger_into ON case_merger (into_case, county) WHERE undone_at IS NULL;
CREATE INDEX case_merger_goes_to ON case_merger (goes_to, county) WHERE undone_at IS NULL;
-- A case is in one other at most.
CREATE UNIQUE INDEX case_merger_from ON case_merger (from_case, county) WHERE undone_at IS NULL;
