-- Who reads a push of a protected case says why, and that is kept.

-- Cases of which routing said that they are protected, with the newest version of which it did. It is known here before
-- a push of the case can be read; that a later version is protected no more, case_progress knows.
CREATE TABLE protected_case (
    county  text COLLATE "C" NOT NULL,
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (county, case_id)
);

CREATE TABLE protected_reading (
    county   text COLLATE "C" NOT NULL,
    id       uuid NOT NULL,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    -- A post's code at the agency desk, else the role, or the agency's code of its system.
    capacity text NOT NULL,
    -- Empty where the centre read.
    agency   text NOT NULL,
    -- Or the form, where it has no push.
    push_id  uuid NOT NULL,
    case_id  uuid NOT NULL,
    -- The number of the contract's ReadPart.
    what     smallint NOT NULL,
    -- Without the names of the case's people.
    purpose  text NOT NULL,
    PRIMARY KEY (county, id)
);
CREATE INDEX protected_reading_newest ON protected_reading (county, case_id, at, id);

CREATE FUNCTION refuse_reading_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who read a protected case is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER protected_reading_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON protected_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_reading_change();
