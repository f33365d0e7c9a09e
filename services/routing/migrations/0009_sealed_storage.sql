-- What is sealed cannot be compressed: do not try. A case's matter, which seldom changes, leaves the row where the
-- row is too long, and the docket, which each command changes, stays in it.
ALTER TABLE case_file
    ALTER COLUMN sealed_matter SET STORAGE EXTERNAL,
    ALTER COLUMN sealed_level_words SET STORAGE EXTERNAL,
    ALTER COLUMN sealed_docket SET STORAGE MAIN;
ALTER TABLE case_report ALTER COLUMN sealed_matter SET STORAGE EXTERNAL;
ALTER TABLE case_history ALTER COLUMN sealed_remark SET STORAGE EXTERNAL;
