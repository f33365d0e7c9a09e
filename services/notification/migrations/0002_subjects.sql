-- What a push speaks of: 1 a case, 2 a duty besides cases, whose id then stands in case_id. All that are here speak
-- of cases.
ALTER TABLE push ADD COLUMN subject smallint NOT NULL DEFAULT 1;
