-- Everything of a case is written by one statement in the county's turn, so these only cost: each row took a
-- look-up of its own and a lock on its case's row.
ALTER TABLE case_report DROP CONSTRAINT case_report_county_case_id_fkey;
ALTER TABLE case_push DROP CONSTRAINT case_push_county_case_id_fkey;
ALTER TABLE case_history DROP CONSTRAINT case_history_county_case_id_fkey;
