-- When routing is told that a limit nears which has no clock there; NULL where nothing is to be told, or it was told.
ALTER TABLE push
    ADD COLUMN limit_at timestamptz,
    -- Whether that the answer is owed is told too, from the signature on.
    ADD COLUMN answer_told boolean NOT NULL DEFAULT false;

CREATE INDEX push_limit ON push (county, limit_at) WHERE limit_at IS NOT NULL;
