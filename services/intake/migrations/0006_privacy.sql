-- What intake knows of cases, who read whom, and what was removed after its term.

-- A case as routing told it last.
CREATE TABLE told_case (
    county    text COLLATE "C" NOT NULL,
    case_id   uuid NOT NULL,
    -- Counts the changes of the case: what comes late changes nothing.
    version   bigint NOT NULL,
    number    text COLLATE "C" NOT NULL,
    state     smallint NOT NULL,
    -- Whether its people are protected, or a report of it is confidential.
    protected boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    -- When it was over; null while it is not.
    over_at   timestamptz,
    PRIMARY KEY (county, case_id)
);

-- The case that a cluster's reports are in: its own newest one, or the one that this was merged into.
CREATE TABLE case_of_cluster (
    county     text COLLATE "C" NOT NULL,
    cluster_id uuid NOT NULL,
    case_id    uuid NOT NULL,
    -- When the case that tells was opened; of two cases of one cluster the later tells.
    opened_at  timestamptz NOT NULL,
    PRIMARY KEY (county, cluster_id)
);

-- The case of a report that was moved to another than its cluster's.
CREATE TABLE case_of_report (
    county    text COLLATE "C" NOT NULL,
    report_id uuid NOT NULL,
    case_id   uuid NOT NULL,
    PRIMARY KEY (county, report_id)
);

-- Who asked about whom, and why. The database refuses to change it.
CREATE TABLE background_reading (
    county        text COLLATE "C" NOT NULL,
    -- UUID version 7: its order is the order of the readings.
    reading_id    uuid NOT NULL,
    at            timestamptz NOT NULL,
    reader        text COLLATE "C" NOT NULL,
    capacity      text NOT NULL,
    purpose       smallint NOT NULL,
    purpose_words text NOT NULL,
    asked_by      smallint NOT NULL,
    -- A keyed hash of what was asked.
    asked         bytea NOT NULL,
    -- How many reports what was shown is made of.
    shown         integer NOT NULL,
    PRIMARY KEY (county, reading_id)
);
CREATE INDEX background_reading_by_reader ON background_reading (county, reader, at);

CREATE FUNCTION refuse_reading_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'readings are append-only';
END
$$;
CREATE TRIGGER background_reading_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON background_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_reading_change();

-- When the part that says who and what was removed.
ALTER TABLE report ADD COLUMN removed_at timestamptz;

-- How far the look for reports whose term is over has come, by their ids, which follow time.
CREATE TABLE retention_progress (
    county    text COLLATE "C" NOT NULL,
    report_id uuid NOT NULL,
    PRIMARY KEY (county)
);

-- Reports that the look has passed and that are not removed: their case is not over for the term, or a new revision
-- has come. They are looked at again.
CREATE TABLE retention_kept (
    county    text COLLATE "C" NOT NULL,
    report_id uuid NOT NULL,
    PRIMARY KEY (county, report_id)
);
