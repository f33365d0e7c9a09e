-- The case engine. Everything here is new beside what an older binary knows: it keeps working.

-- What a case holds besides its columns, sealed; a case from before has none yet.
ALTER TABLE case_file ADD COLUMN sealed_docket bytea;
-- The seal of the last entry of its history; empty before its first sealed entry.
ALTER TABLE case_file ADD COLUMN history_seal bytea NOT NULL DEFAULT '';
-- Goes before others of its level (直通车; S2-07).
ALTER TABLE case_file ADD COLUMN fast_lane boolean NOT NULL DEFAULT false;

-- The cases of a cluster that are over: a later report opens the last one again, or follows it. Written only when
-- a case ends.
CREATE INDEX case_file_over_cluster ON case_file (county, cluster_id, closed_at) WHERE state IN (3, 4);
-- The order of lists: the most dangerous first, the fast lane before the rest, then the oldest.
CREATE INDEX case_file_order ON case_file (county, (-(level * 2 + fast_lane::integer)), opened_at, (id::text));
DROP INDEX case_file_list;

-- Binds an entry to the one before: a keyed hash, so that nobody without the key can write a history that fits.
ALTER TABLE case_history ADD COLUMN seal bytea;
-- In which of the county's writes it came: what was there when an auditor took an anchor is told by it.
ALTER TABLE case_history ADD COLUMN batch bigint NOT NULL DEFAULT 0;

-- Where all histories of a county stand, encrypted: how many entries are sealed, and the sum of all cases' marks.
CREATE TABLE history_head (
    county text PRIMARY KEY,
    sealed bytea NOT NULL
) WITH (fillfactor = 10);

-- What someone owes by a time, as the docket of its case has it, or by itself (on_case false): for clocks, which
-- ask what comes next, and for lists, which ask what an agency owes.
CREATE TABLE duty (
    county     text NOT NULL,
    -- The case; for a duty besides cases its own id.
    subject_id uuid NOT NULL,
    no         integer NOT NULL,
    kind       smallint NOT NULL,
    agency     text NOT NULL,
    post       text,
    person     text,
    about      integer NOT NULL,
    started_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    -- When its clock has to say something; none while it stands still or has nothing more to say.
    next_at    timestamptz,
    stage      smallint NOT NULL,
    paused     boolean NOT NULL,
    ended_at   timestamptz,
    met        boolean NOT NULL
) WITH (fillfactor = 80);
-- What comes next. However many wait, the first is at hand.
CREATE INDEX duty_next ON duty (county, next_at) WHERE next_at IS NOT NULL;
-- What an agency owes: what runs before what stands still, then by time.
CREATE INDEX duty_owed ON duty (county, agency, paused, due_at) WHERE ended_at IS NULL;
ALTER TABLE duty ADD PRIMARY KEY (county, subject_id, no);

-- Which case's reports went into which; what moved, so that it can be undone.
CREATE TABLE case_merger (
    county     text NOT NULL,
    from_case  uuid NOT NULL,
    into_case  uuid NOT NULL,
    -- New reports of this cluster go to the other case.
    cluster_id uuid NOT NULL,
    report_ids uuid[] NOT NULL,
    push_ids   uuid[] NOT NULL,
    merged_at  timestamptz NOT NULL,
    undone_at  timestamptz
);
CREATE UNIQUE INDEX case_merger_cluster ON case_merger (county, cluster_id) WHERE undone_at IS NULL;
CREATE INDEX case_merger_into ON case_merger (county, into_case) WHERE undone_at IS NULL;
ALTER TABLE case_merger ADD PRIMARY KEY (county, from_case, merged_at);

-- Directory, level rules, practice and calendar of a county as they were changed through the service: the newest
-- of each kind holds. Where there is none, the county's folder holds.
CREATE TABLE county_setting (
    county       text NOT NULL,
    kind         smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    version      integer NOT NULL CHECK (version > 0),
    -- The files' texts by name.
    files        jsonb NOT NULL,
    digest       text NOT NULL,
    activated_at timestamptz NOT NULL,
    activated_by text NOT NULL,
    capacity     text NOT NULL,
    PRIMARY KEY (county, kind, version)
);

-- Who read a protected case, and why.
CREATE TABLE case_reading (
    county   text NOT NULL,
    case_id  uuid NOT NULL,
    -- Counts the case's readings from 1.
    sequence bigint NOT NULL CHECK (sequence > 0),
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    capacity text NOT NULL,
    purpose  text NOT NULL,
    -- A keyed hash over the reading before and this one.
    seal     bytea NOT NULL,
    PRIMARY KEY (county, case_id, sequence)
);
CREATE TRIGGER case_reading_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON case_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();
