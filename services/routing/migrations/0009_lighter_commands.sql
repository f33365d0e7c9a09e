-- What a command writes, made smaller.

-- What is sealed cannot be compressed: do not try. A case's matter, which seldom changes, leaves the row where the
-- row is too long, and the docket, which each command changes, stays in it.
ALTER TABLE case_file
    ALTER COLUMN sealed_matter SET STORAGE EXTERNAL,
    ALTER COLUMN sealed_level_words SET STORAGE EXTERNAL,
    ALTER COLUMN sealed_docket SET STORAGE MAIN;
ALTER TABLE case_report ALTER COLUMN sealed_matter SET STORAGE EXTERNAL;
ALTER TABLE case_history ALTER COLUMN sealed_remark SET STORAGE EXTERNAL;

-- Room for the changes of a case's first days beside it, so that most of them touch no index.
ALTER TABLE case_file SET (fillfactor = 60);

-- Answers come in the order of time and are only ever looked for by it to be forgotten.
DROP INDEX command_answer_age;
CREATE INDEX command_answer_age ON command_answer USING brin (answered_at);

-- Pushes are asked for by their case, with or without the agency, and never by the agency alone.
DROP INDEX case_push_agency;
DROP INDEX case_push_case;
CREATE INDEX case_push_case ON case_push (county, case_id, agency);
