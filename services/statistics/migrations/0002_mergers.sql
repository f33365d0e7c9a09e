-- A case that is merged into another is no case of its own: it counts in no figure of cases.
ALTER TABLE case_fact ADD COLUMN merged boolean NOT NULL DEFAULT false;
